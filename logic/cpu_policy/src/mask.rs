//! Which bits a PV guest may see, leaf by leaf. Bit numbers as in the Intel SDM and AMD APM.

/// Bits by number.
const fn bits(numbers: &[u32]) -> u32 {
    let mut word = 0;
    let mut index = 0;
    #[expect(
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        reason = "evaluated at compile time"
    )]
    while index < numbers.len() {
        word |= 1 << numbers[index];
        index += 1;
    }
    word
}

/// FPU DE TSC MSR PAE MCE CX8 APIC SEP MCA CMOV PAT CLFLUSH ACPI MMX FXSR SSE SSE2 SS.
const LEAF_1_EDX: u32 = bits(&[
    0, 2, 4, 5, 6, 7, 8, 9, 11, 14, 15, 16, 19, 22, 23, 24, 25, 26,
]);
/// SSE3 PCLMULQDQ SSSE3 FMA CX16 SSE4.1 SSE4.2 MOVBE POPCNT AES XSAVE OSXSAVE AVX F16C RDRAND HYPERVISOR.
const LEAF_1_ECX: u32 = bits(&[0, 1, 9, 12, 13, 19, 20, 22, 23, 25, 26, 27, 28, 29, 30, 31]);
/// FSGSBASE BMI1 AVX2 FDP_EXCPTN_ONLY BMI2 ERMS NO_FPU_SEL AVX512F DQ RDSEED ADX IFMA CLFLUSHOPT CLWB AVX512CD SHA BW VL.
const LEAF_7_EBX: u32 = bits(&[
    0, 3, 5, 6, 8, 9, 13, 16, 17, 18, 19, 21, 23, 24, 28, 29, 30, 31,
]);
/// AVX512_VBMI VBMI2 GFNI VAES VPCLMULQDQ VNNI BITALG VPOPCNTDQ RDPID CLDEMOTE MOVDIRI MOVDIR64B.
const LEAF_7_ECX: u32 = bits(&[1, 6, 8, 9, 10, 11, 12, 14, 22, 25, 27, 28]);
/// 4VNNIW 4FMAPS FSRM VP2INTERSECT SERIALIZE AVX512_FP16.
const LEAF_7_EDX: u32 = bits(&[2, 3, 4, 8, 14, 23]);
/// AVX_VNNI AVX512_BF16 FZRM FSRS FSRCS.
const LEAF_7_1_EAX: u32 = bits(&[4, 5, 10, 11, 12]);
/// FP SSE AVX OPMASK ZMM_HI256 HI16_ZMM.
const XCR0: u32 = bits(&[0, 1, 2, 5, 6, 7]);
/// XSAVEOPT XSAVEC XGETBV1.
const LEAF_D_1_EAX: u32 = bits(&[0, 1, 2]);
/// As leaf 1, and SYSCALL NX MMXEXT FFXSR RDTSCP LM 3DNOWEXT 3DNOW.
const EXTENDED_1_EDX: u32 = bits(&[
    0, 2, 4, 5, 6, 7, 8, 9, 11, 14, 15, 16, 20, 22, 23, 24, 25, 27, 29, 30, 31,
]);
/// LAHF ABM SSE4A MISALIGNSSE 3DNOWPREFETCH XOP FMA4 TBM.
const EXTENDED_1_ECX: u32 = bits(&[0, 5, 6, 7, 8, 11, 16, 21]);
/// Invariant TSC.
const EXTENDED_7_EDX: u32 = bits(&[8]);
/// CLZERO RSTR_FP_ERR_PTRS WBNOINVD.
const EXTENDED_8_EBX: u32 = bits(&[0, 2, 9]);
/// LFENCE always serialising, NULL selector clears base.
const EXTENDED_21_EAX: u32 = bits(&[2, 6]);

/// The parts of leaf 1's EBX that are not an APIC id or a count: brand, CLFLUSH size.
const LEAF_1_EBX: u32 = 0x0000_ffff;

/// A leaf of the machine, as a PV guest may see it.
pub fn pv(leaf: u32, subleaf: u32, [eax, ebx, ecx, edx]: [u32; 4]) -> [u32; 4] {
    match (leaf, subleaf) {
        (0 | 2 | 0x8000_0000 | 0x8000_0002..=0x8000_0006, _) => [eax, ebx, ecx, edx],
        (1, _) => [eax, ebx & LEAF_1_EBX, ecx & LEAF_1_ECX, edx & LEAF_1_EDX],
        (4, _) => [eax & 0x0000_3fff, ebx, ecx, edx],
        (7, 0) => [
            eax.min(1),
            ebx & LEAF_7_EBX,
            ecx & LEAF_7_ECX,
            edx & LEAF_7_EDX,
        ],
        (7, 1) => [eax & LEAF_7_1_EAX, 0, 0, 0],
        (0xd, 0) => [eax & XCR0, ebx, ecx, 0],
        (0xd, 1) => [eax & LEAF_D_1_EAX, ebx, 0, 0],
        (0xd, component @ 2..=31) if XCR0.checked_shr(component).unwrap_or(0) & 1 == 1 => {
            [eax, ebx, ecx, edx]
        }
        (0x8000_0001, _) => [
            eax,
            ebx & 0xf000_0000,
            ecx & EXTENDED_1_ECX,
            edx & EXTENDED_1_EDX,
        ],
        (0x8000_0007, _) => [0, 0, 0, edx & EXTENDED_7_EDX],
        (0x8000_0008, _) => [eax & 0xffff, ebx & EXTENDED_8_EBX, 0, 0],
        (0x8000_0019 | 0x8000_001a, _) => [eax, ebx, ecx, edx],
        (0x8000_0021, _) => [eax & EXTENDED_21_EAX, 0, 0, 0],
        _ => [0; 4],
    }
}

/// What a toolstack may change: feature words meet; everything else is a description, and the wish is taken.
pub fn meet(leaf: u32, subleaf: u32, own: [u32; 4], wish: [u32; 4]) -> [u32; 4] {
    let [a, b, c, d] = own;
    let [wa, wb, wc, wd] = wish;
    match (leaf, subleaf) {
        (1, _) => [wa, b, c & wc, d & wd],
        (7, 0) => [a.min(wa), b & wb, c & wc, d & wd],
        (7, 1) | (0xd, 1) => [a & wa, b & wb, c & wc, d & wd],
        (0xd, _) => own,
        (0x8000_0001, _) => [wa, b, c & wc, d & wd],
        (0x8000_0007 | 0x8000_0021, _) => [a & wa, b & wb, c & wc, d & wd],
        (0x8000_0008, _) => [a, b & wb, wc, wd],
        (0 | 0x8000_0000, _) => [a.min(wa), wb, wc, wd],
        _ => wish,
    }
}
