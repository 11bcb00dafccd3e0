//! LTE downlink generator for tests. It writes to memory and files only; nothing here can transmit.
