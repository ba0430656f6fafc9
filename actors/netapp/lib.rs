//! netapp
