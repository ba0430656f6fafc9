//! ontap-sim
