use std::collections::HashSet;

use manilad_domain::address::choose;
use proptest::prelude::*;

use super::*;

fn options(gateway: &str, mask: &str, ranges: &[&str]) -> StandaloneOptions {
    StandaloneOptions {
        ipv4: !gateway.contains(':'),
        ipv6: gateway.contains(':'),
        gateway: gateway.to_owned(),
        mask: mask.to_owned(),
        network_type: None,
        segmentation_id: None,
        allowed_ip_ranges: ranges.iter().map(|range| (*range).to_owned()).collect(),
        mtu: 1500,
    }
}

fn offer(options: StandaloneOptions) -> Offer {
    let wish = Wish { server: uuid::Uuid::nil().into(), project: "p".into(), subnet: None, count: 2 };
    Standalone::try_from(options).unwrap().allocate(wish).now_or_never().unwrap().unwrap()
}

fn ranges_of(offer: &Offer) -> Vec<(String, String)> {
    let Source::Free { ranges, count } = &offer.source else { panic!("expected free ones: {offer:?}") };
    assert_eq!(*count, 2);
    ranges.iter().map(|(first, last)| (first.to_string(), last.to_string())).collect()
}

fn refusal(options: StandaloneOptions) -> String {
    Standalone::try_from(options).unwrap_err().to_string()
}

#[test]
fn a_network_is_told_as_the_options_have_it() {
    let offer = offer(StandaloneOptions {
        network_type: Some("vlan".into()),
        segmentation_id: Some(100),
        ..options("192.0.2.1", "255.255.255.0", &["192.0.2.10-192.0.2.12", "192.0.2.20"])
    });
    let expected = Segment {
        network_type: Some("vlan".into()),
        segmentation_id: Some(100),
        cidr: Some("192.0.2.0/24".into()),
        gateway: Some("192.0.2.1".into()),
        ip_version: Some(4),
        mtu: Some(1500),
    };
    assert_eq!((&offer.segment, offer.prefix, offer.scope.as_str()), (&expected, 24, "standalone:100"));
    let expected = [("192.0.2.10", "192.0.2.12"), ("192.0.2.20", "192.0.2.20")];
    assert_eq!(ranges_of(&offer), expected.map(|(first, last)| (first.to_owned(), last.to_owned())));
}

#[test]
fn the_whole_network_lacks_its_own_address_the_broadcast_and_the_gateway() {
    let four = offer(options("192.0.2.9", "24", &[]));
    assert_eq!(four.segment.network_type.as_deref(), Some("flat"));
    let pair = |first: &str, last: &str| (first.to_owned(), last.to_owned());
    assert_eq!(ranges_of(&four), [pair("192.0.2.1", "192.0.2.8"), pair("192.0.2.10", "192.0.2.254")]);
    let six = offer(options("2001:db8::1", "64", &[]));
    assert_eq!((six.segment.ip_version, six.prefix), (Some(6), 64));
    assert_eq!(ranges_of(&six), [pair("2001:db8::2", "2001:db8::ffff:ffff:ffff:ffff")]);
}

#[test]
fn with_both_families_enabled_ipv6_is_served_alone() {
    let both = |gateway, mask| StandaloneOptions { ipv4: true, ipv6: true, ..options(gateway, mask, &[]) };
    assert_eq!(offer(both("2001:db8::1", "ffff:ffff:ffff:ffff::")).prefix, 64);
    assert!(refusal(both("192.0.2.1", "24")).contains("expected an IPv6 address"));
}

#[test]
fn back_ends_on_one_segment_share_its_addresses_whatever_else_they_say() {
    let on = |segmentation_id, network_type: Option<&str>| {
        let network_type = network_type.map(str::to_owned);
        offer(StandaloneOptions { segmentation_id, network_type, ..options("192.0.2.1", "24", &[]) }).scope
    };
    assert_eq!(on(Some(7), Some("vlan")), on(Some(7), None));
    assert_eq!(on(None, None), on(Some(0), Some("flat")));
    assert_ne!(on(Some(7), Some("vlan")), on(Some(8), Some("vlan")));
}

#[test]
fn options_that_could_never_work_are_refused_by_name() {
    let six = StandaloneOptions { ipv4: true, ipv6: false, ..options("2001:db8::1", "64", &[]) };
    let vlan = |id| StandaloneOptions {
        network_type: Some("vlan".into()),
        segmentation_id: id,
        ..options("192.0.2.1", "24", &[])
    };
    for (options, option, found) in [
        (options("nobody", "24", &[]), GATEWAY, "nobody"),
        (six, GATEWAY, "2001:db8::1"),
        (options("192.0.2.1", "33", &[]), MASK, "33"),
        (options("192.0.2.1", "255.0.255.0", &[]), MASK, "255.0.255.0"),
        (options("192.0.2.1", "ffff::", &[]), MASK, "ffff::"),
        (options("192.0.2.1", "24", &["192.0.3.4"]), RANGES, "192.0.3.4"),
        (options("192.0.2.1", "24", &["192.0.2.9-192.0.2.8"]), RANGES, "192.0.2.9-192.0.2.8"),
        (options("192.0.2.1", "24", &["192.0.2.9-"]), RANGES, "192.0.2.9-"),
        (options("192.0.2.1", "24", &["2001:db8::1"]), RANGES, "2001:db8::1"),
        (
            options("192.0.2.1", "24", &["192.0.2.255", "192.0.2.0-192.0.2.1"]),
            RANGES,
            "192.0.2.255,192.0.2.0-192.0.2.1",
        ),
        (options("192.0.2.1", "32", &[]), RANGES, ""),
        (vlan(None), SEGMENTATION, ""),
        (vlan(Some(4095)), SEGMENTATION, "4095"),
    ] {
        let text = refusal(options);
        assert!(text.starts_with(&format!("{option}: found {found:?}, expected ")), "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_address_of_the_ranges_but_the_reserved_ones_can_be_given_and_no_other(
        gateway in any::<u8>(), prefix in 24u8..=30, asked in prop::collection::vec((any::<u8>(), any::<u8>()), 0..3),
    ) {
        let address = |last: u8| IpAddr::from([192, 0, 2, last]);
        let size = 1u16 << (32 - prefix);
        let (low, high) = (u16::from(gateway) / size * size, u16::from(gateway) / size * size + size - 1);
        let inside = |last: u8| u8::try_from(low + u16::from(last) % size).unwrap();
        let asked: Vec<(u8, u8)> = asked.into_iter().map(|(a, b)| (inside(a.min(b)), inside(a.max(b)))).collect();
        let asked: Vec<(u8, u8)> = asked.into_iter().map(|(a, b)| (a.min(b), a.max(b))).collect();
        let text: Vec<String> = asked.iter().map(|(a, b)| format!("{}-{}", address(*a), address(*b))).collect();
        let text: Vec<&str> = text.iter().map(String::as_str).collect();
        let expected: HashSet<IpAddr> = (low..=high)
            .map(|last| u8::try_from(last).unwrap())
            .filter(|last| u16::from(*last) != low && u16::from(*last) != high && *last != gateway)
            .filter(|last| asked.is_empty() || asked.iter().any(|(a, b)| (a..=b).contains(&last)))
            .map(address)
            .collect();
        let made = Standalone::try_from(options(&address(gateway).to_string(), &prefix.to_string(), &text));
        prop_assert_eq!(made.is_ok(), !expected.is_empty());
        if let Ok(made) = made {
            let chosen = choose(&made.ranges, expected.len(), &HashSet::new()).unwrap();
            prop_assert_eq!(chosen.into_iter().collect::<HashSet<_>>(), expected);
            prop_assert_eq!(choose(&made.ranges, 300, &HashSet::new()), None);
        }
    }
}
