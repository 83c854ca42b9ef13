// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// What a watch knows of a service, so that it tells what is new, and nothing twice. Pure.
package struct WatchedList<List: Equatable> {
    /// What the store has told last; nil before the first list.
    package private(set) var list: List?
    /// Why the store is away; nil while it is not.
    package private(set) var failure: StoreFailure?

    /// Nothing is known.
    package init() {}

    /// Takes a list of the store; true when it is to be told: it is another one, or the store was away.
    package mutating func found(_ new: List) -> Bool {
        let isNews = failure != nil || list != new
        (list, failure) = (new, nil)
        return isNews
    }

    /// The store cannot be asked; true when that is to be told: the first time, until it is back.
    package mutating func lost(_ new: StoreFailure) -> Bool {
        defer { failure = new }
        return failure == nil
    }

    /// The store can be asked again, and what is known is right; true when that is to be told.
    package mutating func returned() -> Bool {
        defer { failure = nil }
        return failure != nil && list != nil
    }

    /// Changes the list where it is, when there is one; true when that has made another one of it.
    package mutating func change(_ change: (inout List) -> Bool) -> Bool {
        guard list != nil else { return false }
        return change(&list!)
    }
}
