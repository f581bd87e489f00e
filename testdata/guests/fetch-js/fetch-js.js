// A program that fetches the address in its first argument, with what JavaScript
// has for it, and says on its console what came.

import { getArguments } from "wasi:cli/environment@0.2.12";

export const run = {
  async run() {
    const [, url, body] = getArguments();
    console.error(`fetching ${url}`);
    try {
      const response = await fetch(url, body === undefined ? {} : { method: "POST", body });
      console.log(`${response.status} ${response.headers.get("x-host")}`);
      console.log(await response.text());
    } catch (e) {
      console.log(`error: ${e}`);
    }
  },
};
