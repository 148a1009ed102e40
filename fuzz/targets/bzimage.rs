//! Kernel images: any bytes unpack to what was promised, or fail.
#![no_main]

use bzimage::Payload;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    unpack(data);
    // The same behind a header, so that the fuzzer need not find one.
    let mut image = vec![0; 5 * 512];
    image[0x1fe..0x200].copy_from_slice(&[0x55, 0xaa]);
    image[0x202..0x208].copy_from_slice(b"HdrS\x0f\x02");
    image[0x24c..0x250].copy_from_slice(&(data.len() as u32).to_le_bytes());
    image.extend(data);
    unpack(&image);
});

fn unpack(image: &[u8]) {
    if let Ok(payload) = Payload::find(image)
        && let Ok(kernel) = payload.unpack(1 << 20)
    {
        assert_eq!(kernel.len(), payload.size);
    }
}
