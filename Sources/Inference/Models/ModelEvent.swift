// Part of Vitals. Copyright (c) 2026 the Vitals authors.
// SPDX-License-Identifier: Apache-2.0

/// What happened to the models of a library. Numbers are places in the list of their sources.
package enum ModelEvent: Sendable {
    /// The file of a model is being opened and checked, and no other file serves meanwhile.
    case loading(Int)
    /// The first load of a model, at the start, succeeded.
    case loaded(Int, ModelFile)
    /// The first load of a model failed.
    case loadFailed(Int, ModelError)
    /// A later load of a model succeeded.
    case reloaded(Int, ModelFile)
    /// A later load of a model failed; the file that was loaded before still serves, if there is one.
    case reloadFailed(Int, ModelError, serving: ModelFile?)
    case unloaded(Int)
    /// The file of a loaded model was damaged: the model cannot serve any more.
    case lost(Int, ModelError)
    /// Every model has had its first load.
    case firstLoadEnded
    /// Every required model is loaded, and warm if the rules ask for that.
    case complete
}
