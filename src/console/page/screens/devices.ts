import { type ComponentChildren, h } from 'preact'
import { useState } from 'preact/hooks'
import { call, get, withQuery } from '../api.ts'
import { PusherChip } from '../parts/delivery.ts'
import { Field, Select } from '../parts/field.ts'
import { Findings } from '../parts/finding.ts'
import { errorText, Loaded, Notice } from '../parts/loaded.ts'
import { SendTest } from '../parts/send-test-button.ts'
import { Table } from '../parts/table.ts'
import { duration, When } from '../parts/when.ts'
import { session } from '../stores/session.ts'
import type { DoctorReport, PusherLine, PusherList, PusherSetting, RemovedPusher } from '../types.ts'
import { useData } from '../use-data.ts'
import { maybe, t } from '../words.ts'

type DevicesData = { report: PusherList; settings: readonly PusherSetting[]; diagnosis: DoctorReport }

const SET = '/_matrix/client/v3/pushers/set'

/** The pushers of the user with their state and settings, what is wrong with each, and the removed ones. */
export function DevicesScreen(): ComponentChildren {
  const user = session.value.state === 'in' ? session.value.user.user_id : ''
  const path = withQuery('/_belfry/v1/pushers', { user_id: user })
  const data = useData<DevicesData>(path, async (abort) => {
    const [report, { pushers }, diagnosis] = await Promise.all([
      get<PusherList>(path, abort),
      get<{ pushers: PusherSetting[] }>('/_matrix/client/v3/pushers', abort),
      get<DoctorReport>('/_belfry/v1/doctor', abort),
    ])
    return { report, settings: pushers, diagnosis }
  })
  return h(
    'div',
    null,
    h('h1', { tabIndex: -1 }, t('devices-title')),
    h('p', { class: 'muted' }, t('devices-about')),
    h(Loaded<DevicesData>, {
      from: data,
      children: (loaded) => [
        h(DeviceList, { key: 'devices', data: loaded, reload: data.reload }),
        h(Removed, { key: 'removed', removed: loaded.report.removed }),
      ],
    }),
  )
}

function DeviceList({ data, reload }: { data: DevicesData; reload: () => void }): ComponentChildren {
  const { report, settings, diagnosis } = data
  if (report.pushers.length === 0)
    return h(Notice, { icon: 'phone', title: t('devices-none') }, h('p', null, t('devices-none-about')))
  return report.pushers.map((pusher) =>
    h(DevicePanel, {
      key: `${pusher.app_id} ${pusher.pushkey_hash}`,
      pusher,
      setting: settings.find((one) => one.app_id === pusher.app_id && one.pushkey === pusher.pushkey),
      findings: diagnosis.findings.filter(
        (finding) =>
          finding.pusher?.app_id === pusher.app_id && finding.pusher.pushkey_hash === pusher.pushkey_hash,
      ),
      reload,
    }),
  )
}

type PanelProps = {
  pusher: PusherLine
  setting: PusherSetting | undefined
  findings: DoctorReport['findings']
  reload: () => void
}

function DevicePanel({ pusher, setting, findings, reload }: PanelProps): ComponentChildren {
  const { pushkey } = pusher
  return h(
    'article',
    { class: 'panel device' },
    h(
      'div',
      { class: 'device-head' },
      h(
        'h2',
        null,
        h('bdi', null, pusher.device_display_name),
        h('span', { class: 'muted' }, ' ', h('bdi', null, pusher.app_display_name)),
      ),
      h(PusherChip, { pusher }),
    ),
    h(Facts, { pusher }),
    findings.length > 0 && h(Findings, { findings, reload }),
    setting !== undefined && h(Settings, { setting, reload }),
    pushkey !== undefined &&
      h(SendTest, { appId: pusher.app_id, pushkey, name: pusher.device_display_name, reload }),
  )
}

function Facts({ pusher }: { pusher: PusherLine }): ComponentChildren {
  const { arrival } = pusher
  const fact = (name: string, value: ComponentChildren) =>
    h('div', { key: name }, h('dt', null, t(name)), h('dd', null, value))
  return h(
    'dl',
    { class: 'facts' },
    fact('device-success', h(When, { at: pusher.last_success_at })),
    fact(
      'device-last-arrived',
      arrival.last_arrived_at === null
        ? t('device-arrived-unknown')
        : [
            h(When, { key: 'at', at: arrival.last_arrived_at }),
            arrival.usual_ms !== null && ` (${t('device-usually', { after: duration(arrival.usual_ms) })})`,
          ],
    ),
    pusher.failing_since !== null && fact('device-failing', h(When, { at: pusher.failing_since })),
    pusher.next_attempt_at !== null && fact('step-next', h(When, { at: pusher.next_attempt_at })),
    pusher.last_error !== null && fact('device-error', h('bdi', null, pusher.last_error)),
    pusher.held_until !== null && fact('device-held', h(When, { at: pusher.held_until })),
    fact('device-waiting', t('device-queued', { count: pusher.queued })),
    fact('device-gateway', h('bdi', null, pusher.gateway ?? t('device-gateway-none'))),
    fact('device-handle', h('bdi', null, pusher.instance_handle ?? t('device-handle-none'))),
    fact('device-app', h('code', null, pusher.app_id)),
  )
}

const HOLDS = ['0', '30000', '60000', '300000'] as const

/** The settings of a pusher that the server applies. The pusher stays with its device. */
function Settings({ setting, reload }: { setting: PusherSetting; reload: () => void }): ComponentChildren {
  const [result, setResult] = useState('')
  const { enabled } = setting
  const badges = setting.disable_badge_count !== true
  const hold = String(setting['org.belfry.hold_while_active_ms'] ?? 0)
  const change = async (part: Partial<PusherSetting>) => {
    const { device_id: _device, 'org.belfry.status': _status, ...kept } = setting
    try {
      await call('POST', SET, { body: { ...kept, append: true, ...part } })
      setResult(t('try-saved'))
      reload()
    } catch (error) {
      setResult(errorText(error))
    }
  }
  const check = (word: string, checked: boolean, onChange: () => void) =>
    h('label', { class: 'check' }, h('input', { type: 'checkbox', checked, onChange }), t(word))
  return h(
    'details',
    { class: 'device-settings' },
    h('summary', null, t('device-settings')),
    check('device-enabled', enabled, () => void change({ enabled: !enabled })),
    check('device-badges', badges, () => void change({ disable_badge_count: badges })),
    h(Field, {
      label: t('device-hold'),
      hint: t('device-hold-hint'),
      children: ({ id }) =>
        h(Select<string>, {
          id,
          value: hold,
          options: [...new Set<string>([...HOLDS, hold])].map(
            (ms) => [ms, ms === '0' ? t('device-hold-none') : duration(Number(ms))] as const,
          ),
          onChange: (ms) => void change({ 'org.belfry.hold_while_active_ms': Number(ms) }),
        }),
    }),
    h('span', { role: 'status' }, result),
  )
}

function Removed({ removed }: { removed: readonly RemovedPusher[] }): ComponentChildren {
  if (removed.length === 0) return null
  return h(
    'section',
    { 'aria-labelledby': 'removed' },
    h('h2', { id: 'removed' }, t('devices-removed')),
    h(Table<RemovedPusher>, {
      caption: t('devices-removed'),
      rows: removed,
      keyOf: (row) => `${row.app_id} ${row.pushkey_hash} ${row.removed_at}`,
      columns: [
        {
          key: 'device',
          label: t('devices-device'),
          isName: true,
          cell: (row) => [
            h('bdi', { key: 'device' }, row.device_display_name),
            ' ',
            h('span', { key: 'app', class: 'muted' }, h('bdi', null, row.app_display_name)),
          ],
        },
        { key: 'when', label: t('devices-when'), cell: (row) => h(When, { at: row.removed_at }) },
        {
          key: 'why',
          label: t('devices-why'),
          cell: (row) => maybe(`removed-${row.reason.replaceAll(/[^a-z]+/g, '-')}`) ?? row.reason,
        },
        { key: 'success', label: t('device-success'), cell: (row) => h(When, { at: row.last_success_at }) },
      ],
    }),
  )
}
