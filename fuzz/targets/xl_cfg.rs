//! Any file is a guest or a list of findings, each with its place inside the file.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|source: &str| {
    let (guest, findings) = xl_cfg::read(source);
    assert_eq!(
        guest.is_none(),
        findings.iter().any(xl_cfg::Diagnostic::is_error)
    );
    for finding in &findings {
        if let Some(span) = finding.span.clone() {
            assert!(source.get(span).is_some());
        }
        let _ = finding.render("fuzz.cfg", source);
    }
    let _ = xl_cfg::disk::parse(source);
    let _ = xl_cfg::vif::parse(source);
    let _ = xl_cfg::cpu_list::CpuList::parse(source);
});
