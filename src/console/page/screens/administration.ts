import { type ComponentChildren, h } from 'preact'
import { useState } from 'preact/hooks'
import { get, withQuery } from '../api.ts'
import { type GatewayLine, gatewayLines } from '../gateway-lines.ts'
import { PusherChip } from '../parts/delivery.ts'
import { TextField } from '../parts/field.ts'
import { Loaded, Notice } from '../parts/loaded.ts'
import { OwnApps } from '../parts/own-apps.ts'
import { percent, ShareBar } from '../parts/share-bar.ts'
import { StateBars } from '../parts/state-bars.ts'
import { Table } from '../parts/table.ts'
import { absoluteTime, When } from '../parts/when.ts'
import type { GatewayReport, HealthReport, PusherLine, PusherPage } from '../types.ts'
import { useData } from '../use-data.ts'
import { t } from '../words.ts'

type AdminData = {
  gateways: GatewayReport
  health: HealthReport
  pushers: PusherLine[]
  next: string | undefined
}

const PAGE = 1000

/**
 * For administrators: the gateways with the share of pushes that arrive, alarms, the apps of this server's
 * gateway, and the devices of all users.
 */
export function AdministrationScreen(): ComponentChildren {
  const data = useData<AdminData>('administration', async (abort) => {
    const [gateways, health, page] = await Promise.all([
      get<GatewayReport>('/_belfry/v1/gateways', abort),
      get<HealthReport>('/health', abort),
      get<PusherPage>(pageOf('0'), abort),
    ])
    return { gateways, health, pushers: page.pushers, next: page.next_batch }
  })
  const more = async (next: string) => {
    const page = await get<PusherPage>(pageOf(next))
    data.change((before) => ({
      ...before,
      pushers: [...before.pushers, ...page.pushers],
      next: page.next_batch,
    }))
  }
  return h(
    'div',
    { class: 'sections' },
    h('h1', { tabIndex: -1 }, t('admin-title')),
    h('p', { class: 'muted' }, t('admin-about')),
    h(Loaded<AdminData>, {
      from: data,
      children: ({ gateways, health, pushers, next }) => [
        h(Alarms, { key: 'alarms', gateways, health }),
        h(StateBars, { key: 'states', pushers }),
        h(Gateways, { key: 'gateways', lines: gatewayLines(gateways, pushers) }),
        h(OwnApps, { key: 'apps', health }),
        h(Users, { key: 'users', pushers, more: next === undefined ? undefined : () => void more(next) }),
      ],
    }),
  )
}

const pageOf = (from: string) => withQuery('/_belfry/v1/pushers', { from, limit: PAGE })

function Alarms({ gateways, health }: Pick<AdminData, 'gateways' | 'health'>): ComponentChildren {
  const texts = [
    ...gateways.gateways.flatMap(({ gateway, alarm }) =>
      alarm === null
        ? []
        : t('admin-alarm', {
            gateway: gateway === '' ? t('admin-gateway-others') : gateway,
            share: percent(alarm.share),
            usual: percent(alarm.usual_share),
            window: t(`admin-window-${alarm.window}`),
          }),
    ),
    ...Object.entries(health.gateway?.apps ?? {}).flatMap(([app, { troubles }]) =>
      troubles.map(({ reason, since }) => t('admin-trouble', { app, reason, since: absoluteTime(since) })),
    ),
  ]
  return h(
    'section',
    { 'aria-labelledby': 'admin-alarms' },
    h('h2', { id: 'admin-alarms' }, t('admin-alarms')),
    texts.length === 0
      ? h(Notice, { icon: 'check', title: t('admin-no-alarms') })
      : texts.map((title) => h(Notice, { key: title, tone: 'bad', icon: 'warn', title })),
  )
}

function Gateways({ lines }: { lines: readonly GatewayLine[] }): ComponentChildren {
  return h(
    'section',
    { 'aria-labelledby': 'admin-gateways' },
    h('h2', { id: 'admin-gateways' }, t('admin-gateways')),
    lines.length === 0
      ? h('p', { class: 'muted' }, t('admin-no-gateways'))
      : h(Table<GatewayLine>, {
          caption: t('admin-gateways'),
          rows: lines,
          keyOf: ({ gateway }) => gateway,
          columns: [
            {
              key: 'gateway',
              label: t('admin-gateway'),
              isName: true,
              cell: ({ gateway }) => h('bdi', null, gateway === '' ? t('admin-gateway-others') : gateway),
            },
            { key: 'devices', label: t('admin-devices'), cell: ({ devices }) => devices },
            { key: 'failing', label: t('admin-failing'), cell: ({ failing }) => failing },
            { key: 'queue', label: t('admin-queue'), cell: ({ queued }) => queued },
            {
              key: 'oldest',
              label: t('admin-oldest'),
              cell: ({ failingSince }) => h(When, { at: failingSince }),
            },
            {
              key: 'hour',
              label: t('admin-hour'),
              cell: ({ hour, usual }) => h(ShareBar, { share: hour, usual }),
            },
            {
              key: 'day',
              label: t('admin-day'),
              cell: ({ day, usual }) => h(ShareBar, { share: day, usual }),
            },
            {
              key: 'usual',
              label: t('admin-usual'),
              cell: ({ usual }) => (usual === null ? t('admin-share-unknown') : percent(usual)),
            },
          ],
        }),
  )
}

const SHOWN = 50

function Users({
  pushers,
  more,
}: {
  pushers: readonly PusherLine[]
  more: (() => void) | undefined
}): ComponentChildren {
  const [text, setText] = useState('')
  const wanted = text.trim().toLowerCase()
  const found = pushers.filter((one) =>
    `${one.user_id} ${one.device_display_name} ${one.app_id} ${one.gateway}`.toLowerCase().includes(wanted),
  )
  return h(
    'section',
    { 'aria-labelledby': 'admin-users' },
    h('h2', { id: 'admin-users' }, t('admin-users')),
    h(TextField, { label: t('admin-find'), value: text, onText: setText, isFilter: true }),
    found.length === 0
      ? h('p', { class: 'muted' }, t('admin-no-users'))
      : h(Table<PusherLine>, {
          caption: t('admin-users'),
          rows: found.slice(0, SHOWN),
          keyOf: ({ pusher_id: id }) => id,
          columns: [
            { key: 'user', label: t('admin-user'), isName: true, cell: (row) => h('bdi', null, row.user_id) },
            {
              key: 'device',
              label: t('devices-device'),
              cell: (row) => h('bdi', null, row.device_display_name),
            },
            {
              key: 'state',
              label: t('rules-state'),
              cell: (row) => h(PusherChip, { pusher: row }),
            },
            { key: 'queue', label: t('admin-queue'), cell: (row) => row.queued },
            { key: 'since', label: t('admin-oldest'), cell: (row) => h(When, { at: row.failing_since }) },
            { key: 'error', label: t('admin-error'), cell: (row) => h('bdi', null, row.last_error ?? '') },
          ],
        }),
    more !== undefined && h('button', { type: 'button', onClick: more }, t('admin-more')),
  )
}
