//! The simulated array inside the daemon, as the settings have it.

use manilad_clock::Clock;
use manilad_conf::Settings;
use manilad_conf::settings::Latency;
use manilad_ontap_sim::{Cluster, Config, Lifs, Profile};

/// A cluster with its data LIFs.
pub struct Array {
    pub cluster: Cluster,
    pub lifs: Lifs,
    state: String,
}

impl Array {
    /// The array of `[manilad] simulator`, if that is on.
    ///
    /// # Errors
    /// A state directory or an address that can't be used.
    pub fn inside(settings: &Settings, clock: &Clock) -> anyhow::Result<Option<Self>> {
        let manilad = &settings.manilad;
        if !manilad.simulator {
            return Ok(None);
        }
        let latency = match manilad.simulator_latency {
            Latency::None => Profile::None,
            Latency::Array => Profile::Array,
        };
        let state = manilad.simulator_state_path.clone();
        let config = Config { latency, state_dir: Some(state.clone()), ..Config::default() };
        let cluster = Cluster::open(config, clock.clone())?;
        let lifs = cluster.serve_nfs(manilad.simulator_nfs_port)?;
        Ok(Some(Array { cluster, lifs, state: state.display().to_string() }))
    }

    /// What it is, for the operator.
    pub fn line(&self) -> String {
        let lifs: Vec<String> = self.lifs.lifs().iter().map(ToString::to_string).collect();
        format!("simulator  NFSv3 on {}, state in {}", lifs.join(" and "), self.state)
    }
}
