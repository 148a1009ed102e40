//! The wire as clients and hostile guests write it.

use proptest::prelude::*;
use xs_wire::{
    Access, ErrorName, Header, Inbox, Kind, Message, PAYLOAD_MAX, Permission, Request, check_path,
};

fn request(kind: Kind, payload: &[u8]) -> Result<Request<'_>, ErrorName> {
    let header = Header {
        kind,
        request: 1,
        transaction: 0,
    };
    Request::parse(&Message { header, payload })
}

#[test]
fn a_message_survives_any_cut() {
    let header = Header {
        kind: Kind::WRITE,
        request: 7,
        transaction: 3,
    };
    let mut bytes = Vec::new();
    assert!(header.encode(&[b"/a\0", b"value"], &mut bytes));
    for cut in 0..bytes.len() {
        let mut inbox = Inbox::default();
        inbox.push(&bytes[..cut]);
        assert_eq!(inbox.next(), Ok(None), "cut at {cut}");
        assert!(!inbox.has_message());
        inbox.push(&bytes[cut..]);
        assert!(inbox.has_message());
        assert_eq!(
            inbox.next(),
            Ok(Some(Message {
                header,
                payload: b"/a\0value"
            }))
        );
        assert!(inbox.is_empty());
    }
}

#[test]
fn a_claim_of_too_much_payload_is_refused_before_it_comes() {
    let mut bytes = Vec::new();
    for word in [Kind::READ.0, 9, 0, PAYLOAD_MAX as u32 + 1] {
        bytes.extend_from_slice(&word.to_le_bytes());
    }
    let mut inbox = Inbox::default();
    inbox.push(&bytes);
    let header = Header {
        kind: Kind::READ,
        request: 9,
        transaction: 0,
    };
    assert_eq!(inbox.next(), Err(xs_wire::TooLong(header)));
    assert!(!header.encode(&[&[0; PAYLOAD_MAX + 1]], &mut bytes));
    assert!(header.encode(&[&[0; PAYLOAD_MAX]], &mut bytes));
}

#[test]
fn requests_have_one_form_each() {
    assert_eq!(
        request(Kind::READ, b"/a\0"),
        Ok(Request::Read { path: b"/a" })
    );
    assert_eq!(request(Kind::READ, b"/a"), Err(ErrorName::EINVAL));
    assert_eq!(request(Kind::READ, b"/a\0b\0"), Err(ErrorName::EINVAL));
    assert_eq!(
        request(Kind::WRITE, b"/a\0v\0w"),
        Ok(Request::Write {
            path: b"/a",
            value: b"v\0w"
        })
    );
    assert_eq!(request(Kind::WRITE, b"/a"), Err(ErrorName::EINVAL));
    assert_eq!(
        request(Kind::INTRODUCE, b"5\x00-1\x007\0\0"),
        Ok(Request::Introduce {
            domain: 5,
            gfn: u64::MAX,
            port: 7
        })
    );
    assert_eq!(request(Kind::RELEASE, b"65536\0"), Err(ErrorName::EINVAL));
    assert_eq!(
        request(Kind::TRANSACTION_END, b"X\0"),
        Err(ErrorName::EINVAL)
    );
    assert_eq!(request(Kind::WATCH, b"/a\0t\0-1\0"), Err(ErrorName::EINVAL));
    assert_eq!(request(Kind(20), b"1\0"), Err(ErrorName::ENOSYS));
    assert_eq!(
        request(Kind::WATCH_EVENT, b"/a\0t\0"),
        Err(ErrorName::ENOSYS)
    );
}

#[test]
fn paths_are_letters_digits_and_four_marks() {
    for good in [
        "/",
        "/a",
        "/a/b-c_d@e",
        "x/y",
        "@releaseDomain",
        "@releaseDomain/3",
    ] {
        assert!(check_path(good.as_bytes()).is_ok(), "{good}");
    }
    for bad in [
        "", "//", "/a/", "/a//b", "/a.b", "/a b", "/a:b", "/\u{e9}", "a/",
    ] {
        assert!(check_path(bad.as_bytes()).is_err(), "{bad}");
    }
    let longest = format!("/{}", "a".repeat(3071));
    assert!(check_path(longest.as_bytes()).is_ok());
    assert!(check_path(format!("{longest}a").as_bytes()).is_err());
    assert!(check_path("a".repeat(2049).as_bytes()).is_err());
}

#[test]
fn permissions_are_a_letter_and_a_domain() {
    assert_eq!(
        "r3".parse(),
        Ok(Permission {
            domain: 3,
            access: Access::Read
        })
    );
    for bad in ["", "r", "3", "x3", "r-1", "r+1", "r65536", "r3 "] {
        assert!(bad.parse::<Permission>().is_err(), "{bad}");
    }
    assert!(Permission::parse_list(b"").is_err());
    assert_eq!(
        Permission::parse_list(b"n0\0b1\0").map(|list| list.len()),
        Ok(2)
    );
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_harm(bytes: Vec<u8>, cuts: Vec<u8>) {
        let mut inbox = Inbox::default();
        let mut rest = &bytes[..];
        for cut in cuts {
            let (now, later) = rest.split_at(usize::from(cut).min(rest.len()));
            rest = later;
            inbox.push(now);
            while let Ok(Some(message)) = inbox.next() {
                let _ = Request::parse(&message);
            }
        }
    }

    #[test]
    fn any_payload_has_an_answer(kind in 0..24u32, payload in "[0-9a-z/@TF\0-]{0,40}") {
        let _ = request(Kind(kind), payload.as_bytes());
    }

    #[test]
    fn permissions_round_trip(domain: u16, which in 0..4usize) {
        let access = [Access::None, Access::Read, Access::Write, Access::Both][which];
        let entry = Permission { domain, access };
        prop_assert_eq!(entry.to_string().parse(), Ok(entry));
    }
}
