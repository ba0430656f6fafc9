//! The tests of the whole: house rules, and the daemon through its front door.

#![cfg(test)]

mod api;
mod archive;
mod basic;
mod candidates;
mod cifs;
mod command_line;
mod cors;
mod crash;
mod crowd;
mod docs;
mod explain;
mod first_request;
mod flexgroups;
mod handshakes;
mod hints;
mod house;
mod instances;
mod isolation;
mod late;
mod main_job;
mod metadata;
mod names;
mod networks_in_use;
mod openapi;
mod operators_more;
mod options;
mod policy;
mod quotas;
mod reference;
mod releases;
mod reload;
mod routes;
mod scopes;
mod security_services;
mod servers;
mod share_networks;
mod share_servers;
mod shares_in_networks;
mod squash;
mod strangers;
mod support;
mod sweep;
mod systemd;
mod throughput;
