//! Each type has a field for each used option of its table, and none beside the table.

use super::*;
use crate::suite::fields_agree as agree;
use crate::tables;

#[test]
fn every_used_option_has_a_field_and_every_field_an_option() {
    agree::<Manilad>(&tables::MANILAD);
    agree::<Service>(&tables::SERVICE);
    agree::<Shares>(&tables::SHARES);
    agree::<Scheduler>(&tables::SCHEDULER);
    agree::<Logging>(&tables::LOGGING);
    agree::<Quota>(&tables::QUOTA);
    agree::<KeystoneAuthtoken>(&tables::KEYSTONE_AUTHTOKEN);
    agree::<OsloPolicy>(&tables::OSLO_POLICY);
    agree::<OsloMiddleware>(&tables::OSLO_MIDDLEWARE);
    agree::<Cors>(&tables::CORS);
    agree::<Ssl>(&tables::SSL);
    agree::<CloudService>(&tables::NEUTRON);
    agree::<CloudService>(&tables::NOVA);
    agree::<CloudService>(&tables::BARBICAN);
    agree::<KeyManager>(&tables::KEY_MANAGER);
    agree::<BackendSection>(&tables::BACKEND_SECTION);
    agree::<Network>(&tables::NETWORK);
    agree::<BindingProfile>(&tables::BINDING_PROFILE);
    for unused in tables::UNUSED {
        agree::<crate::checks::Nothing>(unused);
    }
}
