import { h, render } from 'preact'
// Lets components follow the signals that they read.
import '@preact/signals'
import { listenToKeys } from './keys.ts'
import { App } from './root.ts'
import { loadSession } from './stores/session.ts'
import { loadWords } from './words.ts'

/** The session and the words load at the same time. Nothing can be drawn without words. */
async function start(root: HTMLElement | null): Promise<void> {
  if (root === null) throw new Error('the page has no element "app"')
  void loadSession()
  await loadWords()
  listenToKeys()
  render(h(App, null), root)
}

void start(document.getElementById('app'))
