import { type ComponentChildren, h } from 'preact'
import { useEffect } from 'preact/hooks'
import { get, withQuery } from '../api.ts'
import { PusherChip } from '../parts/delivery.ts'
import { Icon } from '../parts/icon.ts'
import { JourneyTable } from '../parts/journey-table.ts'
import { Link } from '../parts/link.ts'
import { LiveBadge, NewsButton } from '../parts/live-badge.ts'
import { Loaded, Notice } from '../parts/loaded.ts'
import { SendTest } from '../parts/send-test-button.ts'
import { duration, When } from '../parts/when.ts'
import { hrefOf } from '../stores/place.ts'
import { RingButton } from '../parts/ring-button.ts'
import { session } from '../stores/session.ts'
import type { PusherLine, PusherList } from '../types.ts'
import { useData } from '../use-data.ts'
import { type ShownJourneys, useJourneys } from '../use-journeys.ts'
import { t } from '../words.ts'

const WAIT_MS = 2_000
/** Journeys on this screen. */
const RECENT = 20

/** One line for each device of the user. Without one: how to get one, and a wait for the first. */
export function TodayScreen(): ComponentChildren {
  const user = session.value.state === 'in' ? session.value.user.user_id : undefined
  return h(
    'div',
    null,
    h('h1', { tabIndex: -1 }, t('today-title')),
    h('h2', null, t('today-devices')),
    user === undefined
      ? h('div', { class: 'loading' }, h('div', { class: 'skeleton' }))
      : h(Devices, { user }),
    h(Recent, null),
  )
}

/** The newest journeys, live. */
function Recent(): ComponentChildren {
  const feed = useJourneys({}, RECENT)
  return h(
    'section',
    { class: 'list', 'aria-labelledby': 'recent' },
    h(
      'div',
      { class: 'title-line' },
      h('h2', { id: 'recent' }, t('today-recent')),
      h(LiveBadge, { live: feed.live }),
    ),
    h(NewsButton, { count: feed.news, show: feed.showNews }),
    h(Loaded<ShownJourneys>, {
      from: feed.list,
      children: ({ lines }) =>
        lines.length === 0
          ? h(Notice, { icon: 'list', title: t('list-none') }, h('p', null, t('list-none-about')))
          : [
              h(JourneyTable, { lines, key: 'lines' }),
              h('p', { key: 'all' }, h(Link, { href: hrefOf('/journeys') }, t('today-all'))),
            ],
    }),
  )
}

function Devices({ user }: { user: string }): ComponentChildren {
  const path = withQuery('/_belfry/v1/pushers', { user_id: user })
  const list = useData(path, (abort) => get<PusherList>(path, abort))
  const isEmpty = list.value.state === 'ready' && list.value.data.pushers.length === 0
  useEffect(() => {
    if (!isEmpty) return undefined
    const timer = setInterval(() => document.hidden || list.reload(), WAIT_MS)
    return () => clearInterval(timer)
  }, [isEmpty])
  return h(Loaded<PusherList>, {
    from: list,
    children: ({ pushers }) =>
      pushers.length === 0
        ? [h(FirstDevice, { user, key: 'first' }), h(RingButton, { onDone: list.reload, key: 'ring' })]
        : [
            h(
              'ul',
              { class: 'devices', key: 'devices' },
              pushers.map((pusher) =>
                h(Device, { pusher, key: `${pusher.app_id} ${pusher.pushkey_hash}`, reload: list.reload }),
              ),
            ),
            h(RingButton, { onDone: list.reload, key: 'ring' }),
          ],
  })
}

function Device({ pusher, reload }: { pusher: PusherLine; reload: () => void }): ComponentChildren {
  return h(
    'li',
    { class: 'panel device-line' },
    h('span', { class: 'device-icon' }, h(Icon, { name: pusher.kind === 'email' ? 'list' : 'phone' })),
    h(
      'div',
      { class: 'device-name' },
      h('bdi', null, pusher.device_display_name),
      h('span', { class: 'muted' }, h('bdi', null, pusher.app_display_name)),
    ),
    h(PusherChip, { pusher }),
    h(DeviceFacts, { pusher }),
    pusher.pushkey !== undefined &&
      h(SendTest, {
        appId: pusher.app_id,
        pushkey: pusher.pushkey,
        name: pusher.device_display_name,
        reload,
      }),
  )
}

/** The newest facts: a proof of arrival if there is one, else the last success, or the failure. */
function DeviceFacts({ pusher }: { pusher: PusherLine }): ComponentChildren {
  const { failing_since: since, next_attempt_at: next, last_error: error, arrival, queued } = pusher
  const facts = [
    since !== null && [t('device-failing'), ' ', h(When, { at: since }), error !== null && ` · ${error}`],
    since === null &&
      arrival.last_arrived_at !== null && [
        t('device-last-arrived'),
        ' ',
        h(When, { at: arrival.last_arrived_at }),
      ],
    since === null && arrival.usual_ms !== null && t('device-usually', { after: duration(arrival.usual_ms) }),
    since === null &&
      arrival.last_arrived_at === null && [t('device-success'), ' ', h(When, { at: pusher.last_success_at })],
    arrival.not_seen > 0 && t('device-not-seen', { count: arrival.not_seen }),
    next !== null && [t('step-next'), ' ', h(When, { at: next })],
    queued > 0 && t('device-queued', { count: queued }),
  ].filter((fact) => fact !== false)
  return h(
    'ul',
    { class: 'device-facts muted' },
    facts.map((fact, index) => h('li', { key: index }, fact)),
  )
}

function FirstDevice({ user }: { user: string }): ComponentChildren {
  const server = location.origin
  const body = JSON.stringify({
    pushkey: 'my-first-inbox',
    kind: 'http',
    instance_handle: 'my-first-inbox',
    app_id: 'org.belfry.inbox',
    app_display_name: 'Inbox',
    device_display_name: 'My first inbox',
    lang: 'en',
    data: { url: `${server}/_matrix/push/v1/notify` },
  })
  const command = `curl -H "Authorization: Bearer $TOKEN" ${server}/_matrix/client/api/v1/pushers/set -d '${body}'`
  return h(
    'div',
    { class: 'panel first' },
    h('p', { class: 'notice-title' }, t('first-title')),
    h('p', null, t('first-about')),
    h(
      'ol',
      null,
      h('li', null, t('first-client', { user, server })),
      h('li', null, t('first-curl'), h('pre', { tabIndex: 0 }, command)),
    ),
    h(
      Notice,
      { icon: 'clock', title: t('first-waiting') },
      h('span', { class: 'pulse', 'aria-hidden': 'true' }),
    ),
  )
}
