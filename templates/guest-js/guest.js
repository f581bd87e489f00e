// A component of the world example:hello/hello.
import { log } from 'example:hello/host@0.1.0';

export function greet(name) {
  log(`greeting ${name}`);
  return `Hello, ${name}!`;
}
