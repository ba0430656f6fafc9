//! The ways to the scheduler: one row for each message that it receives. They outlive its incarnations.
//!
//! A new question is a message, a row here, and a handler. How to get it wrong: to wait longer for an answer than clients do.

use std::time::Duration;

use actix::{Actor, Context, Handler};
use manilad_clock::Clock;
use manilad_kit::{Port, Raising};

use crate::Look;
use crate::scheduler::{Explain, JudgeGrowth, NoReport, Report, ShowPools};

/// Looks that may wait: one is as good as many.
const LOOKS: usize = 64;
/// Reports that may wait: one of each back end, and some to spare.
const REPORTS: usize = 256;
/// Questions that may wait.
const QUESTIONS: usize = 64;
/// How long somebody waits for an answer. No more than the clients' own patience.
const PATIENCE: Duration = Duration::from_secs(30);

macro_rules! ports {
    ($($port:ident: $message:ident = $name:literal, $bound:ident;)+) => {
        /// The ways to the scheduler.
        #[derive(Debug, Clone)]
        pub struct SchedulerPorts {
            $(pub $port: Port<$message>),+
        }

        impl SchedulerPorts {
            /// Ports that nobody is plugged into yet.
            pub fn new(clock: &Clock) -> Self {
                SchedulerPorts {
                    $($port: Port::new(concat!("scheduler/", $name), $bound, PATIENCE, clock.clone())),+
                }
            }

            /// Plugs an incarnation in; for its factory.
            pub fn plug<A>(&self, raising: &mut Raising<A>)
            where
                A: Actor<Context = Context<A>> $(+ Handler<$message>)+,
            {
                $(raising.plug(&self.$port);)+
            }

            /// Whether somebody is plugged into each.
            pub fn are_served(&self) -> bool {
                [$(self.$port.is_served()),+].into_iter().all(|is_served| is_served)
            }
        }
    };
}

ports! {
    look: Look = "look", LOOKS;
    report: Report = "report", REPORTS;
    no_report: NoReport = "no-report", REPORTS;
    show_pools: ShowPools = "show-pools", QUESTIONS;
    explain: Explain = "explain", QUESTIONS;
    judge_growth: JudgeGrowth = "judge-growth", QUESTIONS;
}
