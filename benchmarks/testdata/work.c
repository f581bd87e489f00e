// The work that the meter is measured by: three ways to use a processor, in one
// module without imports. Each function gives a checksum of what it did.

typedef unsigned int u32;
typedef unsigned char u8;
#define EXPORT(name) __attribute__((export_name(name)))

static u32 rotr(u32 x, int n) { return x >> n | x << (32 - n); }

static const u32 K[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static void compress(u32 *h, const u8 *p) {
  u32 w[64], s[8];
  for (int i = 0; i < 16; i++)
    w[i] = (u32)p[4 * i] << 24 | (u32)p[4 * i + 1] << 16 | (u32)p[4 * i + 2] << 8 | p[4 * i + 3];
  for (int i = 16; i < 64; i++)
    w[i] = w[i - 16] + w[i - 7] + (rotr(w[i - 15], 7) ^ rotr(w[i - 15], 18) ^ w[i - 15] >> 3) +
           (rotr(w[i - 2], 17) ^ rotr(w[i - 2], 19) ^ w[i - 2] >> 10);
  for (int i = 0; i < 8; i++) s[i] = h[i];
  for (int i = 0; i < 64; i++) {
    u32 a = s[7] + (rotr(s[4], 6) ^ rotr(s[4], 11) ^ rotr(s[4], 25)) + ((s[4] & s[5]) ^ (~s[4] & s[6])) + K[i] + w[i];
    u32 b = (rotr(s[0], 2) ^ rotr(s[0], 13) ^ rotr(s[0], 22)) + ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
    for (int j = 7; j > 0; j--) s[j] = s[j - 1];
    s[4] += a;
    s[0] = a + b;
  }
  for (int i = 0; i < 8; i++) h[i] += s[i];
}

static u8 bytes[64 << 10];

EXPORT("sha256") u32 sha256(u32 n) {
  u32 h[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  for (u32 i = 0; i + 64 <= n; i += 64) compress(h, bytes + i);
  return h[0];
}

static int numbers[16 << 10];

static void sort(int *a, int lo, int hi) {
  while (lo < hi) {
    int p = a[(lo + hi) / 2], i = lo, j = hi;
    while (i <= j) {
      while (a[i] < p) i++;
      while (a[j] > p) j--;
      if (i <= j) {
        int t = a[i];
        a[i++] = a[j];
        a[j--] = t;
      }
    }
    sort(a, lo, j);
    lo = i;
  }
}

EXPORT("quicksort") u32 quicksort(u32 n) {
  u32 x = 12345;
  for (u32 i = 0; i < n; i++) numbers[i] = (int)(x = x * 1664525 + 1013904223);
  sort(numbers, 0, (int)n - 1);
  return (u32)numbers[n / 2];
}

// An interpreter of expressions as trees: recursive, with a branch for each kind.
typedef struct node { int op, a, b, value; } node;
static node nodes[1 << 12];

static int eval(const node *n, int x) {
  switch (n->op) {
  case 0: return n->value;
  case 1: return x;
  case 2: return eval(&nodes[n->a], x) + eval(&nodes[n->b], x);
  case 3: return eval(&nodes[n->a], x) * eval(&nodes[n->b], x);
  case 4: return eval(&nodes[n->a], x) - eval(&nodes[n->b], x);
  default: return eval(&nodes[n->a], x) < 0 ? eval(&nodes[n->b], x) : eval(&nodes[n->a], x) ^ 3;
  }
}

EXPORT("interpreter") u32 interpreter(u32 rounds) {
  u32 x = 99;
  for (int i = 4095; i >= 0; i--) {
    x = x * 1664525 + 1013904223;
    nodes[i] = i < 1000 ? (node){2 + (int)(x >> 16) % 4, 2 * i + 1, 2 * i + 2, 0} : (node){(int)(x >> 16) & 1, 0, 0, (int)x};
  }
  u32 sum = 0;
  for (u32 i = 0; i < rounds; i++) sum += (u32)eval(&nodes[0], (int)i);
  return sum;
}
