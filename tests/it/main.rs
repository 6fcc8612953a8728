//! End to end, SDK, interop and tidiness: everything that needs more than one room.
