//! The options of a back end on NetApp ONTAP: the tables, the type that is read, what is judged between options, and what
//! the driver makes of them.

mod checks;
mod fields;
mod settings;
pub mod table;

use manilad_conf::DriverTable;

pub use fields::{BackupType, Options};

/// What the configuration reads for this driver.
pub static TABLE: DriverTable = DriverTable {
    name: "manila.share.drivers.netapp.common.NetAppDriver",
    options: &table::BACK_END,
    named: &[&table::BACKUP_TYPE],
    unused: &[&table::ACTIVE_IQ],
    check: checks::check,
};

#[cfg(test)]
mod tests;
