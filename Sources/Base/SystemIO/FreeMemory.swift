// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import CLinux

/// Freed memory that the allocator keeps for later.
package enum FreeMemory {
    /// Returns all whole pages of it to the kernel (C: `malloc_trim`). That takes 7 ms for 100 MB, and threads that
    /// allocate wait meanwhile.
    package static func release() { malloc_trim(0) }
}
