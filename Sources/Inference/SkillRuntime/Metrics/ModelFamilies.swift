// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

import Exposition
import Models
import SkillServices

/// The models.
enum ModelFamilies {
    static let loaded = MetricFamily(
        .gauge, "vitals_model_loaded", help: "1 while the model is loaded, 0 while it is not.")
    static let size = MetricFamily(
        .gauge, "vitals_model_bytes", unit: "bytes", help: "Size of the model's files.")
    static let reloads = MetricFamily(
        .counter, "vitals_model_reloads", help: "Reloads of the model, by what became of them.")
    static let failing = MetricFamily(
        .gauge, "vitals_model_reload_failing",
        help: "1 when the latest reload of the model failed and an older file serves, 0 when not.")

    static let all = [loaded, size, reloads, failing]

    static func read(_ list: ModelList) -> [MetricFamily] {
        var (loaded, size, reloads, failing) = (loaded, size, reloads, failing)
        for model in list.models {
            let label = MetricLabel("model", model.name)
            loaded.add(.integer(model.file == nil ? 0 : 1), label)
            if let file = model.file { size.add(.integer(Int(clamping: file.fileSize)), label) }
            reloads.add(
                .integer(Int(model.reloads.count)), label, MetricLabel("result", "ok"))
            reloads.add(
                .integer(Int(model.reloads.failures)), label, MetricLabel("result", "failed"))
            failing.add(.integer(model.reloads.failure == nil ? 0 : 1), label)
        }
        return [loaded, size, reloads, failing]
    }
}
