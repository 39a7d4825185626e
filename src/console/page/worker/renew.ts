import { BROWSER_APP, type Capabilities, pusherOf, serverKey } from '../browser-app.ts'
import { ask } from './ask.ts'

/** The part of a pusher in `GET /pushers` that is used here. */
type Pusher = { app_id: string; pushkey: string; device_id: string | null; data: object }

/** What the user has set for the device, and what only the page knows: the words of the notifications. */
const KEPT = [
  'app_display_name',
  'device_display_name',
  'instance_handle',
  'lang',
  'enabled',
  'disable_badge_count',
  'org.belfry.hold_while_active_ms',
]

/**
 * Subscribes again after the browser, or its push service, has ended the subscription, and replaces the
 * pusher of the device. The push service has forgotten the old subscription, so the old pusher receives
 * nothing any more.
 */
export async function renew({ pushManager }: ServiceWorkerRegistration): Promise<void> {
  const { device_id: deviceId } = await ask<{ device_id: string }>('GET', '/account/whoami')
  const { pushers } = await ask<{ pushers: Pusher[] }>('GET', '/pushers')
  const old = pushers.filter((one) => one.app_id === BROWSER_APP && one.device_id === deviceId)
  const [last] = old
  const applicationServerKey = serverKey(await ask<Capabilities>('GET', '/capabilities'))
  // The user has removed the device, or the server has no such pushers any more.
  if (last === undefined || applicationServerKey === undefined) return
  const subscription = await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey })
  const settings = Object.entries(last).filter(([key]) => KEPT.includes(key))
  const pusher = pusherOf(subscription, last.data)
  await ask('POST', '/pushers/set', { ...Object.fromEntries(settings), ...pusher })
  for (const { pushkey } of old)
    if (pushkey !== pusher.pushkey)
      await ask('POST', '/pushers/set', { kind: null, app_id: BROWSER_APP, pushkey })
}
