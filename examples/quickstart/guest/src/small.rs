//! Small arithmetic that needs no price list.

/// The check digit of a bar code (EAN-13): digits are weighted 3 and 1 in turn,
/// from the right.
pub fn check_digit(number: u64) -> Option<char> {
    if number >= 1_000_000_000_000 {
        return None;
    }
    let (mut rest, mut sum, mut weight) = (number, 0, 3);
    while rest > 0 {
        sum += (rest % 10) as u32 * weight;
        rest /= 10;
        weight = 4 - weight;
    }
    char::from_digit((10 - sum % 10) % 10, 10)
}

/// CRC-32 as in zip and PNG.
pub fn crc32(data: &[u8]) -> u32 {
    let step = |crc: u32, _| (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg());
    !data
        .iter()
        .fold(!0u32, |crc, &b| (0..8).fold(crc ^ u32::from(b), step))
}
