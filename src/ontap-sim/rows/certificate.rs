//! What is kept of a certificate of an SVM.

use manilad_clock::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::state::table::Row;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Certificate {
    pub uuid: Uuid,
    pub svm: Uuid,
    pub common_name: String,
    pub expires: Timestamp,
}

impl Row for Certificate {
    type Key = Uuid;
    const KIND: &'static str = "certificate";
    fn key(&self) -> Uuid {
        self.uuid
    }
}
