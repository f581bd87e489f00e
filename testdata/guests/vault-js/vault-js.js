// Keeps buckets with the host: each bucket that it exports stands for one that
// it imports, so that every function goes through both ways. The world of the
// guest vault, in JavaScript.
import * as host from 'demo:vault/store@0.1.0';
import appraise from 'appraise';

// What the host's drop of a handle calls, here and of the host's buckets.
const dispose = Symbol.dispose ?? Symbol.for('dispose');

let live = 0;

// A bucket of the component's: one of the host's, counted.
class Bucket {
  constructor(name) {
    this.inner = name instanceof host.Bucket ? name : new host.Bucket(name);
    live++;
  }

  // take gives the host's bucket out of this one, which is over.
  take() {
    const inner = this.inner;
    this.inner = undefined;
    live--;
    return inner;
  }

  static open(name) {
    return new Bucket(passOn(() => host.Bucket.open(name)));
  }

  static merge(a, b) {
    return new Bucket(host.Bucket.merge(a.take(), b.inner));
  }

  name() {
    return this.inner.name();
  }

  get(key) {
    return this.inner.get(key);
  }

  put(key, value) {
    passOn(() => this.inner.put(key, value));
  }

  copy() {
    return new Bucket(this.inner.copy());
  }

  drop() {
    return this.inner.drop();
  }

  close() {
    return this.inner.close();
  }

  [dispose]() {
    if (this.inner) this.take()[dispose]();
  }
}

// passOn throws what the host threw, and not the error that holds it.
function passOn(ask, change = (payload) => payload) {
  try {
    return ask();
  } catch (e) {
    throw change(e !== null && typeof e === 'object' && 'payload' in e ? e.payload : e);
  }
}

const take = (b) => b.take();
const wrap = (b) => new Bucket(b);
const takeAll = (bs) => bs.map(take);
const wrapAll = (bs) => bs.map(wrap);

// change gives a variant whose payload is another, by what its case wants.
const change = ({ tag, val }, cases) => (tag in cases ? { tag, val: cases[tag](val) } : { tag });

export const store = {
  Bucket,

  split(b) {
    const { left, label, right } = host.split(take(b));
    return { left: wrap(left), label, right: right && wrap(right) };
  },

  join({ left, label, right }) {
    return wrap(host.join({ left: take(left), label, right: right && take(right) }));
  },

  spill: (slot) => wrapAll(host.spill(change(slot, { full: take, many: takeAll }))),

  fill: (bs) => change(host.fill(takeAll(bs)), { full: wrap, many: wrapAll }),

  keep: (bs) => passOn(() => host.keep(takeAll(bs)), (refusal) => change(refusal, { 'too-many': wrapAll })),

  swap: (r) => passOn(() => host.swap(change(r, { ok: take, err: (s) => s })), wrap),

  names: (bs) => host.names(bs.map((b) => b.inner)),

  first: ([a, b]) => host.first([a && a.inner, b.inner]),
};

export const pass = (b) => b;

export const ask = (b) => `${b.name()}: ${appraise(b)}`;

const count = () => live;
export { count as live };
