import type { Clock } from '../lib/clock.ts'
import type { Random } from '../lib/ids.ts'
import { createCircuits, type LaneCircuits, leave, report } from '../sending/circuits.ts'
import type { Apps } from './apps.ts'
import { splitDestination } from './queue-store.ts'

/** The last error of a lane that waits for the end of a pause, or for its app. */
export const PAUSED = 'line paused'
/** The interval between checks whether an app is configured again. */
export const NO_APP_FOR_MS = 60_000

/** The circuits of the queue: those of the apps (`OpenApp.circuits`), which first attempts use too. */
export function createPushCircuits(deps: { apps: () => Apps; clock: Clock; random: Random }): LaneCircuits {
  /** For apps that are not configured any more. */
  const nowhere = createCircuits({ ...deps, limit: Number.MAX_SAFE_INTEGER })

  function find(destination: string) {
    const { appId, line } = splitDestination(destination)
    const app = deps.apps().find(appId)
    if (typeof app === 'string') return { circuits: nowhere, line: destination, isConfigured: false }
    return { circuits: app.circuits, line, isConfigured: true }
  }

  return {
    // The circuits enforce the limit of each app.
    limit: () => deps.apps().all.reduce((sum, { limit }) => sum + limit, 0),
    admit(destination, sender, reserved) {
      const { circuits, line, isConfigured } = find(destination)
      if (!isConfigured) return { kind: 'paused', until: deps.clock.now() + NO_APP_FOR_MS, reason: PAUSED }
      const admission = circuits.admit(line, sender, reserved)
      return admission.kind === 'paused' ? { ...admission, reason: PAUSED } : admission
    },
    enterLane(destination, sender, then) {
      const { circuits, line } = find(destination)
      return circuits.enterLane(line, sender, then)
    },
    isHeld(destination, laneId) {
      const { circuits, line, isConfigured } = find(destination)
      return !isConfigured || circuits.isHeld(line, laneId)
    },
    expectOutage(destination, outage) {
      const { circuits, line } = find(destination)
      circuits.expectOutage(line, outage)
    },
    report,
    leave,
  }
}
