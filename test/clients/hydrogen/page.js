// The application Hydrogen, as its own entry point starts it, from the parts that its SDK exports.
import { createNavigation, createRouter, FeatureSet, Platform, RootViewModel } from 'hydrogen-view-sdk'

/** `push`: `appId`, `gatewayUrl` and `applicationServerKey`, the `push` section of Hydrogen's configuration. */
export async function startHydrogen({ container, defaultHomeServer, push }) {
  const platform = new Platform({
    container,
    assetPaths: {
      downloadSandbox: '/assets/download-sandbox.html',
      worker: '/assets/main.js',
      olm: { wasm: '/olm/olm.wasm', legacyBundle: '/olm/olm_legacy.js', wasmBundle: '/olm/olm.js' },
      serviceWorker: '/sw.js',
    },
    config: { defaultHomeServer, push, themeManifests: [] },
    options: { development: false },
  })
  await platform.init()
  const navigation = createNavigation()
  platform.setNavigation(navigation)
  const urlRouter = createRouter({ navigation, history: platform.history })
  urlRouter.attach()
  const features = await FeatureSet.load(platform.settingsStorage)
  const model = new RootViewModel({ platform, urlRouter, navigation, features })
  await model.load()
  platform.createAndMountRootView(model)
}
