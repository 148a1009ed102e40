//! The hypercall page: for each number, code that calls it, for kernels that do not know the instruction themselves.

use metal::frame::Frame;

/// Bytes of an entry.
const ENTRY: usize = 32;
const ENTRIES: u32 = 128;
/// `iret` does not come back, and its frame has RCX, R11 and RAX on top.
const IRET: u32 = 23;

/// push rcx; push r11; mov eax, NUMBER; syscall; pop r11; pop rcx; ret
const CALL: [u8; 14] = [
    0x51, 0x41, 0x53, 0xb8, 0, 0, 0, 0, 0x0f, 0x05, 0x41, 0x5b, 0x59, 0xc3,
];
/// push rcx; push r11; push rax; mov eax, 23; syscall
const RETURN: [u8; 11] = [
    0x51, 0x41, 0x53, 0x50, 0xb8, IRET as u8, 0, 0, 0, 0x0f, 0x05,
];
/// Where the number stands in [`CALL`].
const NUMBER: core::ops::Range<usize> = 4..8;

/// Fills a page. What lies between the entries traps.
pub fn fill(page: Frame) {
    const INT3: [u8; ENTRY] = [0xcc; ENTRY];
    for number in 0..ENTRIES {
        let mut entry = INT3;
        let mut code = CALL;
        if let Some(place) = code.get_mut(NUMBER) {
            place.copy_from_slice(&number.to_le_bytes());
        }
        let code: &[u8] = if number == IRET { &RETURN } else { &code };
        for (to, from) in entry.iter_mut().zip(code) {
            *to = *from;
        }
        let _inside = page.write((number as usize).wrapping_mul(ENTRY), &entry);
    }
}
