//! Our reader of manila.conf against oslo.config.
