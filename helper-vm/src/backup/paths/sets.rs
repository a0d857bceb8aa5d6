//! The named rules that go by paths, as patterns. A private volume holds `home`; a root volume,
//! or what is bound into a private one, may hold `var`.

use qib_rpc::rule::Rule;

/// What each rule leaves out. What ends with `**` keeps its folder, empty.
pub const SETS: [(Rule, &str); 51] = [
    (Rule::UserCache, "/home/*/.cache/**"),
    (Rule::Thumbnails, "/home/*/.thumbnails/**"),
    (Rule::Trash, "/home/*/.local/share/Trash/**"),
    (Rule::BrowserCache, "/home/*/.mozilla/firefox/*/cache2/**"),
    (
        Rule::BrowserCache,
        "/home/*/.mozilla/firefox/*/startupCache/**",
    ),
    (Rule::BrowserCache, "/home/*/.config/chromium/*/Cache/**"),
    (
        Rule::BrowserCache,
        "/home/*/.config/chromium/*/Code Cache/**",
    ),
    (Rule::BrowserCache, "/home/*/.config/chromium/*/GPUCache/**"),
    (
        Rule::BrowserCache,
        "/home/*/.config/chromium/ShaderCache/**",
    ),
    (
        Rule::BrowserCache,
        "/home/*/.config/google-chrome/*/Cache/**",
    ),
    (
        Rule::BrowserCache,
        "/home/*/.config/google-chrome/*/Code Cache/**",
    ),
    (
        Rule::BrowserCache,
        "/home/*/.config/google-chrome/*/GPUCache/**",
    ),
    (
        Rule::BrowserCache,
        "/home/*/.config/BraveSoftware/Brave-Browser/*/Cache/**",
    ),
    (
        Rule::BrowserCache,
        "/home/*/.config/BraveSoftware/Brave-Browser/*/Code Cache/**",
    ),
    (
        Rule::BrowserCache,
        "/home/*/.config/BraveSoftware/Brave-Browser/*/GPUCache/**",
    ),
    (Rule::BuildFolders, "/home/**/target/"),
    (Rule::BuildFolders, "/home/**/node_modules/"),
    (Rule::BuildFolders, "/home/**/__pycache__/"),
    (Rule::BuildFolders, "/home/**/.tox/"),
    (Rule::BuildFolders, "/home/**/.nox/"),
    (Rule::BuildFolders, "/home/**/.mypy_cache/"),
    (Rule::BuildFolders, "/home/**/.pytest_cache/"),
    (Rule::BuildFolders, "/home/**/.ruff_cache/"),
    (Rule::BuildFolders, "/home/**/.stack-work/"),
    (Rule::BuildFolders, "/home/**/dist-newstyle/"),
    // Not ~/.gradle itself, which holds settings.
    (Rule::BuildFolders, "/home/*/*/**/.gradle/"),
    // The volumes of containers are no layers: they are what people keep.
    (
        Rule::ContainerLayers,
        "/home/*/.local/share/containers/storage/overlay*/**",
    ),
    (
        Rule::ContainerLayers,
        "/home/*/.local/share/containers/storage/vfs*/**",
    ),
    (
        Rule::ContainerLayers,
        "/home/*/.local/share/docker/overlay2/**",
    ),
    (
        Rule::ContainerLayers,
        "/home/*/.local/share/docker/image/**",
    ),
    (Rule::ContainerLayers, "/home/*/.local/share/docker/vfs/**"),
    (
        Rule::ContainerLayers,
        "/**/var/lib/containers/storage/overlay*/**",
    ),
    (
        Rule::ContainerLayers,
        "/**/var/lib/containers/storage/vfs*/**",
    ),
    (Rule::ContainerLayers, "/**/var/lib/docker/overlay2/**"),
    (Rule::ContainerLayers, "/**/var/lib/docker/image/**"),
    (Rule::ContainerLayers, "/**/var/lib/docker/vfs/**"),
    (Rule::PackageCaches, "/home/*/.cache/pip/**"),
    (Rule::PackageCaches, "/home/*/.npm/_cacache/**"),
    (Rule::PackageCaches, "/home/*/.cargo/registry/**"),
    (Rule::PackageCaches, "/home/*/.cargo/git/**"),
    (Rule::PackageCaches, "/home/*/.gradle/caches/**"),
    (Rule::PackageCaches, "/home/*/.gradle/wrapper/dists/**"),
    (Rule::PackageCaches, "/home/*/go/pkg/mod/**"),
    (Rule::PackageCaches, "/**/var/cache/apt/archives/**"),
    (Rule::PackageCaches, "/**/var/cache/dnf/**"),
    (Rule::MachineImages, "/home/**/*.qcow2"),
    (Rule::MachineImages, "/home/**/*.qed"),
    (Rule::MachineImages, "/home/**/*.vdi"),
    (Rule::MachineImages, "/home/**/*.vhd"),
    (Rule::MachineImages, "/home/**/*.vhdx"),
    (Rule::MachineImages, "/home/**/*.vmdk"),
];
