//! What a default asks of the machine: its name and its address.

use std::net::UdpSocket;

/// The host name that the kernel knows.
pub(crate) fn name() -> Option<String> {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").ok()?;
    Some(name.trim().to_owned()).filter(|name| !name.is_empty())
}

/// The address from which this machine would reach others; loopback if it reaches none. Nothing is sent: connecting a
/// datagram socket only asks the routing table.
pub(crate) fn address() -> Option<String> {
    let routed = UdpSocket::bind("0.0.0.0:0").and_then(|socket| {
        socket.connect("192.0.2.1:9")?;
        socket.local_addr()
    });
    Some(routed.map_or_else(|_| "127.0.0.1".to_owned(), |address| address.ip().to_string()))
}
