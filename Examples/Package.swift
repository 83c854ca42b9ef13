// swift-tools-version: 6.2
// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import PackageDescription

// A package of its own, as yours would be. Yours would name Vitals by its URL and a version:
//     .package(url: "https://…/vitals.git", from: "0.1.0")
let package = Package(
    name: "examples",
    dependencies: [.package(name: "vitals", path: "..")],
    targets: [
        .executableTarget(
            name: "health",
            dependencies: [.product(name: "VitalsHealth", package: "vitals")]),
        .executableTarget(
            name: "greeter",
            dependencies: [.product(name: "VitalsHealth", package: "vitals")]),
        .executableTarget(
            name: "checks",
            dependencies: [
                .product(name: "VitalsChecks", package: "vitals"),
                .product(name: "VitalsHealth", package: "vitals"),
            ]),
        .executableTarget(
            name: "caller",
            dependencies: [
                .product(name: "VitalsClient", package: "vitals"),
                .product(name: "VitalsDiscovery", package: "vitals"),
            ]),
        .executableTarget(
            name: "watch",
            dependencies: [.product(name: "VitalsClient", package: "vitals")]),
    ])
