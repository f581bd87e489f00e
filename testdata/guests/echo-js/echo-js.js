// Gives back whatever it is given, directly or by way of the host: the world of
// the guest echo, in JavaScript.
import * as host from 'demo:echo/host@0.1.0';
import describe from 'describe';
import tick from 'tick';

let taken = 0;

// outcome gives a result as JavaScript does: what is no value is thrown.
function outcome({ tag, val }) {
  if (tag === 'err') throw val;
  return val;
}

// passOn throws what the host threw, and not the error that holds it.
function passOn(ask) {
  try {
    return ask();
  } catch (e) {
    throw e !== null && typeof e === 'object' && 'payload' in e ? e.payload : e;
  }
}

export const roundtrip = {
  nop() {},
  viaHostNop: () => host.nop(),
  take(v) {
    taken = new TextEncoder().encode(v).length;
  },
  viaHostTake: (v) => host.take(v),
  give: () => taken,
  viaHostGive: () => host.give(),
};

for (const [name, ask] of Object.entries(host)) {
  const rest = name.replace(/^echo/, '');
  const capital = name[0].toUpperCase() + name.slice(1);
  if (rest !== name) {
    roundtrip[name] = (...vs) => (vs.length > 1 ? vs : vs[0]);
    roundtrip[`viaHost${rest}`] = (...vs) => ask(...vs);
  } else if (name.startsWith('fail')) {
    roundtrip[name] = outcome;
    roundtrip[`relay${capital}`] = (v) => passOn(() => ask(v));
  }
}

export function ping(v) {
  tick();
  return v;
}

export const relay = (p, what) => passOn(() => describe(p, what));

export const ticks = () => tick();
