// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

extension Board {
    /// The outcomes of a board by name. Copies share what they have in common: to change one of n outcomes costs some log n steps
    /// also while snapshots hold the others, where a `Dictionary` would be copied whole at each report.
    ///
    /// A tree over the bits of the names' hashes, three a level (a hash array mapped trie; Bagwell, 2001).
    package struct Entries: Sendable {
        fileprivate final class Leaf: Sendable {
            let hash: UInt
            let name: OutcomeName
            let value: Board.Entry
            /// Another name with the same hash.
            let next: Leaf?

            init(_ hash: UInt, _ name: OutcomeName, _ value: Board.Entry, next: Leaf?) {
                self.hash = hash
                self.name = name
                self.value = value
                self.next = next
            }
        }

        fileprivate enum Node: Sendable {
            case none
            case leaf(Leaf)
            case branch([Node])
        }

        // With four, a change of one of 100,000 copied a quarter more: each copy of a branch retains all that is in it.
        private static let bits: UInt = 3
        private static let width = 1 << Int(bits)

        fileprivate var root = [Node](repeating: .none, count: width)
        /// How many names there are.
        package private(set) var count = 0

        /// An empty one.
        package init() {}

        /// No name is there.
        package var isEmpty: Bool { count == 0 }

        /// The entry of a name; nil, also when it is set, for a name that is not there.
        package subscript(name: OutcomeName) -> Board.Entry? {
            get {
                let hash = UInt(bitPattern: name.hashValue)
                var leaf = Self.chain(root, hash)
                while let candidate = leaf {
                    if candidate.name == name { return candidate.value }
                    leaf = candidate.next
                }
                return nil
            }
            set { change(name) { _ in newValue } }
        }

        /// Gives a name the entry that `body` makes of the one that it has; nil for none. The name is hashed and looked for once.
        mutating func change(_ name: OutcomeName, _ body: (Board.Entry?) -> Board.Entry?) {
            let hash = UInt(bitPattern: name.hashValue)
            let chain = Self.chain(root, hash)
            var earlier: Board.Entry?
            var rest = Self.without(name, in: chain, &earlier)
            let isThere = earlier != nil
            let entry = body(earlier)
            if let entry {
                rest = Leaf(hash, name, entry, next: rest)
            } else if !isThere {
                return
            }
            Self.replace(&root, hash, level: 0, with: rest)
            count += (entry == nil ? 0 : 1) - (isThere ? 1 : 0)
        }

        /// Every name, in no order.
        package var keys: [OutcomeName] { map(\.key) }

        /// Every entry, in no order.
        package var values: [Board.Entry] { map(\.value) }

        /// Visits every name with its entry, in no order. A loop does the same by way of an iterator, which keeps its path and
        /// costs five times as much.
        package func visit(_ body: (OutcomeName, Board.Entry) -> Void) {
            Self.visit(root, body)
        }

        private static func visit(
            _ children: [Node], _ body: (OutcomeName, Board.Entry) -> Void
        ) {
            for child in children {
                switch child {
                case .none: continue
                case .leaf(var leaf):
                    body(leaf.name, leaf.value)
                    while let next = leaf.next {
                        leaf = next
                        body(leaf.name, leaf.value)
                    }
                case .branch(let deeper): visit(deeper, body)
                }
            }
        }

        /// The names of a hash.
        private static func chain(_ root: [Node], _ hash: UInt) -> Leaf? {
            var (children, rest) = (root, hash)
            while true {
                switch children[Int(rest % UInt(width))] {
                case .none: return nil
                case .leaf(let leaf): return leaf.hash == hash ? leaf : nil
                case .branch(let deeper): (children, rest) = (deeper, rest >> bits)
                }
            }
        }

        /// The chain without a name, and what that had.
        private static func without(
            _ name: OutcomeName, in chain: Leaf?, _ entry: inout Board.Entry?
        ) -> Leaf? {
            guard let leaf = chain else { return nil }
            if leaf.name == name {
                entry = leaf.value
                return leaf.next
            }
            let next = without(name, in: leaf.next, &entry)
            return next === leaf.next ? leaf : Leaf(leaf.hash, leaf.name, leaf.value, next: next)
        }

        /// Puts a chain in the place of the one that its hash has. A branch that no copy shares is changed where it is.
        private static func replace(
            _ children: inout [Node], _ hash: UInt, level: UInt, with chain: Leaf?
        ) {
            let slot = Int((hash >> (level * bits)) % UInt(width))
            switch children[slot] {
            case .leaf(let other) where other.hash != hash:
                guard let chain else { return }
                var deeper = [Node](repeating: .none, count: width)
                deeper[Int((other.hash >> ((level + 1) * bits)) % UInt(width))] = .leaf(other)
                replace(&deeper, hash, level: level + 1, with: chain)
                children[slot] = .branch(deeper)
            case .none, .leaf: children[slot] = chain.map { .leaf($0) } ?? .none
            case .branch: replaceDeeper(&children, slot, hash, level: level, with: chain)
            }
        }

        private static func replaceDeeper(
            _ children: inout [Node], _ slot: Int, _ hash: UInt, level: UInt, with chain: Leaf?
        ) {
            guard case .branch(var deeper) = children[slot] else { return }
            // Taken out meanwhile, so that it has one owner.
            children[slot] = .none
            replace(&deeper, hash, level: level + 1, with: chain)
            children[slot] = chain == nil ? simplified(deeper) : .branch(deeper)
        }

        /// A branch that has one leaf only, or nothing, is no branch: what was taken out leaves nothing behind.
        private static func simplified(_ children: [Node]) -> Node {
            var single = Node.none
            for child in children {
                switch (child, single) {
                case (.none, _): continue
                case (.leaf, .none): single = child
                default: return .branch(children)
                }
            }
            return single
        }
    }
}

extension Board.Entries: Sequence {
    /// Visits every name with its entry, in no order.
    package struct Iterator: IteratorProtocol {
        private var path: [(children: [Board.Entries.Node], next: Int)]
        private var chain: Board.Entries.Leaf?

        fileprivate init(_ root: [Board.Entries.Node]) { path = [(root, 0)] }

        /// The next name with its entry; nil at the end.
        package mutating func next() -> (key: OutcomeName, value: Board.Entry)? {
            while true {
                if let leaf = chain {
                    chain = leaf.next
                    return (leaf.name, leaf.value)
                }
                guard let (children, next) = path.last else { return nil }
                guard next < children.count else {
                    path.removeLast()
                    continue
                }
                path[path.count - 1].next += 1
                switch children[next] {
                case .none: continue
                case .leaf(let leaf): chain = leaf
                case .branch(let deeper): path.append((deeper, 0))
                }
            }
        }
    }

    /// Visits every name with its entry, in no order.
    package func makeIterator() -> Iterator { Iterator(root) }

    /// How many names there are.
    package var underestimatedCount: Int { count }
}

/// For tests of what a change costs, and leaves behind.
extension Board.Entries {
    /// Branches of the tree, its root included.
    var branchCount: Int { branches.count }

    /// Branches that a copy does not share.
    func branchesNotShared(with copy: Board.Entries) -> Int {
        branches.subtracting(copy.branches).count
    }

    private var branches: Set<UnsafeRawPointer> {
        var found: Set<UnsafeRawPointer> = []
        var left = [root]
        while let children = left.popLast() {
            children.withUnsafeBytes { _ = found.insert($0.baseAddress!) }
            for case .branch(let deeper) in children { left.append(deeper) }
        }
        return found
    }
}
