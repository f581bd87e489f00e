// The work on an image that the meter is measured by: a blur, an edge filter and
// a histogram over 8-bit grey values. Gives a checksum of what it did.

typedef unsigned int u32;
typedef unsigned char u8;
#define EXPORT(name) __attribute__((export_name(name)))

enum { W = 256, H = 256 };

static u8 image[H][W], blurred[H][W], edges[H][W];
static u32 histogram[256];

static int clamp(int i, int n) { return i < 0 ? 0 : i >= n ? n - 1 : i; }

// Five by five, as two passes would be, but in one.
static void blur(void) {
  static const int k[5] = {1, 4, 6, 4, 1};
  for (int y = 0; y < H; y++)
    for (int x = 0; x < W; x++) {
      int sum = 0;
      for (int dy = -2; dy <= 2; dy++)
        for (int dx = -2; dx <= 2; dx++) sum += k[dy + 2] * k[dx + 2] * image[clamp(y + dy, H)][clamp(x + dx, W)];
      blurred[y][x] = (u8)(sum >> 8);
    }
}

static int magnitude(int a, int b) { return (a < 0 ? -a : a) + (b < 0 ? -b : b); }

static void sobel(void) {
  for (int x = 0; x < W; x++) edges[0][x] = edges[H - 1][x] = 0;
  for (int y = 0; y < H; y++) edges[y][0] = edges[y][W - 1] = 0;
  for (int y = 1; y < H - 1; y++)
    for (int x = 1; x < W - 1; x++) {
      const u8 *a = blurred[y - 1] + x, *b = blurred[y] + x, *c = blurred[y + 1] + x;
      int dx = a[1] + 2 * b[1] + c[1] - a[-1] - 2 * b[-1] - c[-1];
      int dy = c[-1] + 2 * c[0] + c[1] - a[-1] - 2 * a[0] - a[1];
      int m = magnitude(dx, dy);
      edges[y][x] = m > 255 ? 255 : (u8)m;
    }
}

// Spreads the grey values over the whole range.
static void equalize(void) {
  for (int i = 0; i < 256; i++) histogram[i] = 0;
  for (int i = 0; i < W * H; i++) histogram[edges[0][i]]++;
  u32 sum = 0;
  for (int i = 0; i < 256; i++) histogram[i] = sum += histogram[i];
  for (int i = 0; i < W * H; i++) edges[0][i] = (u8)(histogram[edges[0][i]] * 255 / sum);
}

EXPORT("image") u32 filter(u32 seed) {
  for (int y = 0; y < H; y++)
    for (int x = 0; x < W; x++) image[y][x] = (u8)((x * y >> 5) + ((seed = seed * 1664525 + 1013904223) >> 28));
  blur();
  sobel();
  equalize();
  u32 sum = 0;
  for (int i = 0; i < W * H; i++) sum = sum * 31 + edges[0][i];
  return sum;
}
