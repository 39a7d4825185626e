import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, describe, test } from 'node:test'
import { parse } from 'yaml'
import { dashboard } from '../../scripts/print-dashboard.ts'
import { metricsPage } from '../../scripts/print-metrics.ts'
import { createMetrics } from '../../src/lib/metrics.ts'
import { temporaryFolder } from '../support/databases.ts'

// The dashboard and the alert rules of deploy/grafana/: their metrics, their documentation, and when they fire.

const ROOT = new URL('../../', import.meta.url)
const ALERTS = new URL('deploy/grafana/alerts.yaml', ROOT)
const read = (name: string) => readFileSync(new URL(name, ROOT), 'utf8')

type Alert = { alert: string; expr: string; for?: string; annotations: { summary: string; runbook: string } }
const rules = parse(read('deploy/grafana/alerts.yaml')) as { groups: { rules: Alert[] }[] }
const alerts = rules.groups.flatMap((group) => group.rules)

type Panel = { title: string; description?: string; targets?: { expr: string; legendFormat: string }[] }
const board = dashboard() as { panels: Panel[] }
const targets = board.panels.flatMap(({ targets: some = [] }) => some)

/** The labels of each series name that a server exports. */
const series = new Map<string, Set<string>>([['up', new Set(['job', 'instance'])]])

function addMetric(name: string, kind: string, labels: readonly string[]): void {
  const all = new Set(['job', 'instance', ...labels])
  if (kind !== 'histogram') return void series.set(name, all)
  for (const suffix of ['_sum', '_count']) series.set(`${name}${suffix}`, all)
  series.set(`${name}_bucket`, new Set([...all, 'le']))
}

before(async () => {
  for (const [, name = '', kind = '', labels = ''] of (await metricsPage()).matchAll(
    /^\| `(\w+)` \| (\w+) \| ([^|]*) \|/gm,
  ))
    addMetric(
      name,
      kind,
      [...labels.matchAll(/\w+/g)].map(([label]) => label),
    )
  const ofProcess = await createMetrics({ processMetrics: true }).render()
  for (const [, name = '', kind = ''] of ofProcess.matchAll(/^# TYPE (\w+) (\w+)$/gm))
    addMetric(name, kind, [])
  assert.ok(series.size > 100)
})

/** Checks that an expression uses only names and labels of series that exist. */
function assertKnown(expr: string): void {
  const names = [...expr.matchAll(/\b(?:belfry|sygnal|process|nodejs)_\w+|\bup\b/g)].map(([name]) => name)
  assert.ok(names.length > 0, expr)
  for (const name of names) assert.ok(series.has(name), `${name} is no metric: ${expr}`)
  const labels = [
    ...[...expr.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(/, */)),
    ...[...expr.matchAll(/\{([^}]*)\}/g)].flatMap(([, list = '']) =>
      [...list.matchAll(/(\w+)(?==)/g)].map(([label]) => label),
    ),
  ]
  for (const label of labels)
    for (const name of names)
      assert.ok(series.get(name)?.has(label), `${name} has no label ${label}: ${expr}`)
}

describe('deploy/grafana/dashboard.json', () => {
  test('is up to date (npm run deploy:grafana)', () => {
    assert.deepEqual(JSON.parse(read('deploy/grafana/dashboard.json')), dashboard())
  })

  test('has only metrics and labels of the server', () => {
    assert.ok(targets.length > 30)
    for (const { expr, legendFormat } of targets) {
      assertKnown(expr)
      const shown = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = '']) => label)
      const grouped = / by \(([^)]*)\)/.exec(expr)?.[1]?.split(', ') ?? []
      for (const label of shown)
        assert.ok(
          grouped.includes(label) || (label === 'instance' && grouped.length === 0),
          `${label}: ${expr}`,
        )
    }
  })

  test('has panels with different titles, each with a description', () => {
    const panels = board.panels.filter((panel) => panel.targets !== undefined)
    assert.equal(new Set(panels.map(({ title }) => title)).size, panels.length)
    for (const { title, description = '' } of panels) assert.ok(description.endsWith('.'), title)
  })
})

/** For each alert: series with which it fires, in the notation of promtool, one value for each minute. */
const FIRING: Readonly<Record<string, Record<string, string>>> = {
  BelfryDown: { 'up{job="belfry"}': '0x60' },
  BelfryInternalErrors: { 'belfry_http_request_seconds_count{status="500",route="/x"}': '_x50 1x10' },
  BelfryUnavailable: { 'belfry_http_request_seconds_count{status="503",route="/x"}': '0+60x60' },
  BelfryEventLoopSlow: { nodejs_eventloop_lag_p90_seconds: '0.5x60' },
  BelfryRuleFaults: { belfry_rule_faults_total: '0x30 1x30' },
  BelfrySearchBehind: { belfry_search_positions_behind: '20000+1x200' },
  BelfryNoPokeArrives: {
    'belfry_poke_failures_total{error="timeout"}': '0+5x60',
    'belfry_pokes_sent_total{kind="event"}': '7x60',
  },
  BelfryGatewayOutage: { belfry_gateway_outages_total: '0+1x60' },
  BelfryFewerPushesArrive: { 'belfry_arrival_alarm{gateway="https://a.example",app="b"}': '1x60' },
  BelfryWebPushTokenRefused: { 'belfry_web_push_token_refusals_total{reason="x"}': '_x50 1x10' },
  BelfryMailFails: {
    'belfry_mail_failures_total{error="x"}': '0+1x60',
    'belfry_mails_sent_total{kind="unread"}': '3x60',
  },
  BelfryGatewayAppAlarmed: { 'belfry_gateway_app_alarmed{app="a"}': '1x60' },
  BelfryGatewayQueueWaits: { belfry_gateway_queue_size: '1500x60' },
  BelfryCredentialsExpire: { 'belfry_gateway_credentials_expire_seconds{app="a"}': '90000x60' },
  BelfryMediaStoreFails: { 'belfry_media_store_failures_total{operation="write"}': '_x50 1x10' },
  BelfryMediaFilesLost: { belfry_media_lost_blobs_total: '0x30 1x30' },
  BelfryRoleMissing: { 'belfry_cluster_processes{role="delivery"}': '0x60' },
  BelfryBusDisconnected: { belfry_bus_connected: '0x60' },
  BelfryHeartbeatLate: { belfry_cluster_heartbeat_age_seconds: '30x60' },
}

/** What the same metrics are on a server without faults. */
const HEALTHY: Readonly<Record<string, string>> = {
  'up{job="belfry"}': '1x60',
  'belfry_http_request_seconds_count{status="200",route="/x"}': '0+60x60',
  'belfry_http_request_seconds_count{status="503",route="/x"}': '3x60',
  nodejs_eventloop_lag_p90_seconds: '0.02x60',
  belfry_rule_faults_total: '2x60',
  belfry_search_positions_behind: '0x60',
  'belfry_poke_failures_total{error="timeout"}': '0+5x60',
  'belfry_pokes_sent_total{kind="event"}': '0+7x60',
  belfry_gateway_outages_total: '1x60',
  'belfry_arrival_alarm{gateway="https://a.example",app="b"}': '0x60',
  'belfry_web_push_token_refusals_total{reason="x"}': '2x60',
  'belfry_mail_failures_total{error="x"}': '0+1x60',
  'belfry_mails_sent_total{kind="unread"}': '0+1x60',
  'belfry_gateway_app_alarmed{app="a"}': '0x60',
  belfry_gateway_queue_size: '5x60',
  'belfry_gateway_credentials_expire_seconds{app="a"}': '9000000x60',
  'belfry_media_store_failures_total{operation="write"}': '2x60',
  belfry_media_lost_blobs_total: '2x60',
  'belfry_cluster_processes{role="delivery"}': '2x60',
  belfry_bus_connected: '1x60',
  belfry_cluster_heartbeat_age_seconds: '1x60',
}

const seriesOf = (values: Readonly<Record<string, string>>) =>
  Object.entries(values).map(([name, some]) => ({ series: name, values: some }))

/** A test of promtool: the firing alerts at its end. */
const caseOf = (name: string, values: Readonly<Record<string, string>>, firing: readonly string[]) => ({
  name,
  interval: '1m',
  input_series: seriesOf(values),
  promql_expr_test: [
    {
      expr: 'count by (alertname) (ALERTS{alertstate="firing"})',
      eval_time: name === 'BelfrySearchBehind' ? '3h' : '60m',
      exp_samples: firing.map((alertname) => ({ labels: `{alertname="${alertname}"}`, value: 1 })),
    },
  ],
})

describe('deploy/grafana/alerts.yaml', () => {
  test('has only metrics and labels of the server', () => {
    for (const { expr } of alerts) assertKnown(expr)
  })

  test('names for each alert the passage of the documentation that says what it means', () => {
    const names = alerts.map(({ alert }) => alert)
    const headings = [...read('docs/operations/alerts.md').matchAll(/^### (\w+)$/gm)].map(
      ([, name = '']) => name,
    )
    assert.deepEqual(headings, names)
    for (const { alert, annotations } of alerts)
      assert.equal(annotations.runbook, `docs/operations/alerts.md#${alert.toLowerCase()}`)
  })

  const skip =
    spawnSync('promtool', ['--version']).status !== 0 &&
    'promtool is not installed (Debian package prometheus)'

  test('is valid', { skip }, () => {
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'rules', ALERTS.pathname], {
      encoding: 'utf8',
    })
    assert.equal(status, 0, stderr)
    assert.match(stdout, new RegExp(`SUCCESS: ${alerts.length} rules found`))
  })

  test('each alert fires for its fault, and none fires on a server without faults', { skip }, (t) => {
    assert.deepEqual(
      Object.keys(FIRING),
      alerts.map(({ alert }) => alert),
    )
    const tests = [
      ...Object.entries(FIRING).map(([alert, values]) => caseOf(alert, values, [alert])),
      caseOf('healthy', HEALTHY, []),
    ]
    const file = join(temporaryFolder(t), 'tests.yaml')
    writeFileSync(file, JSON.stringify({ rule_files: [ALERTS.pathname], evaluation_interval: '1m', tests }))
    const { status, stdout, stderr } = spawnSync('promtool', ['test', 'rules', file], { encoding: 'utf8' })
    assert.equal(status, 0, `${stdout}\n${stderr}`)
  })
})
