# Part of Vitals. Copyright (c) 2026 the Vitals authors.
# SPDX-License-Identifier: Apache-2.0
"""What bench.py measures: a file for each subject, and what they share (figures, servers, load)."""
