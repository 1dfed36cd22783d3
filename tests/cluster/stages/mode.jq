(
  .metadata.annotations["simulate.rollout.kubernetes/fail"]
  // (
    [
      .spec.containers[].image | split("/") | last | split("@")[0] | split(":")[1] // ""
      | if startswith("missing") then "image-pull-not-found"
        elif startswith("denied") then "image-pull-denied"
        elif startswith("hiccup") then "image-pull-hiccup"
        elif startswith("crash-later") then "crash-later"
        elif startswith("crash") then "crash-loop"
        elif startswith("badconfig") then "missing-config-key"
        elif startswith("unready") then "never-ready"
        elif startswith("flapping") then "flapping"
        else empty end
    ][0]
  )
  // "none"
)
