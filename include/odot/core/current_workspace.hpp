#pragma once
// SPDX-License-Identifier: MIT
// The workspace that assignments of expressions take threads and scratch memory from.

#include "odot/core/config.hpp"
#include "odot/core/workspace.hpp"

namespace odot {

namespace detail {
template <DeviceType Device>
struct ODOT_SHARED CurrentWorkspace {
  static inline thread_local Workspace<Device>* scoped = nullptr;
};
}  // namespace detail

/// Makes a workspace the current one of this thread for the life of the object. A Network does so for its passes.
template <DeviceType Device>
class WorkspaceScope {
 public:
  explicit WorkspaceScope(Workspace<Device>& workspace) : before_(detail::CurrentWorkspace<Device>::scoped) {
    detail::CurrentWorkspace<Device>::scoped = &workspace;
  }
  WorkspaceScope(const WorkspaceScope&) = delete;
  WorkspaceScope& operator=(const WorkspaceScope&) = delete;
  ~WorkspaceScope() { detail::CurrentWorkspace<Device>::scoped = before_; }

 private:
  Workspace<Device>* before_;
};

/// That of the innermost WorkspaceScope, else one of the thread's own, which uses default_threads().
template <DeviceType Device>
Workspace<Device>& current_workspace() {
  if (detail::CurrentWorkspace<Device>::scoped) return *detail::CurrentWorkspace<Device>::scoped;
  thread_local Workspace<Device> own;
  return own;
}

}  // namespace odot
