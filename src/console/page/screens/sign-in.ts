import { type ComponentChildren, h } from 'preact'
import { useState } from 'preact/hooks'
import type { ApiError } from '../api.ts'
import { Field, textIn } from '../parts/field.ts'
import { Icon } from '../parts/icon.ts'
import { Notice } from '../parts/loaded.ts'
import { register, signInWithPassword, signInWithToken } from '../stores/session.ts'
import { tokenOfLink } from '../stores/token-of-link.ts'
import { t } from '../words.ts'

type Method = 'password' | 'token' | 'account'

/** `open`, `token` (with a registration token) or `closed`. */
const registration = document.querySelector('meta[name=belfry-registration]')?.getAttribute('content')
const METHODS: readonly Method[] =
  registration === 'closed' ? ['password', 'token'] : ['password', 'token', 'account']

/** Shown in the place of every screen without a session. The URL stays, so that the wanted screen follows. */
export function SignIn(): ComponentChildren {
  // A link with a token asks first: a link must not sign anybody in to a foreign account.
  const [method, setMethod] = useState<Method>(tokenOfLink === '' ? 'password' : 'token')
  const [error, setError] = useState('')
  const [isBusy, setBusy] = useState(false)
  const onSubmit = async (event: SubmitEvent) => {
    event.preventDefault()
    setBusy(true)
    setError('')
    try {
      await submitted(method, new FormData(event.currentTarget as HTMLFormElement))
    } catch (failed) {
      setError(textOf(failed as ApiError, method))
      setBusy(false)
    }
  }
  return h(
    'main',
    { class: 'sign-in', id: 'main' },
    h('div', { class: 'sign-in-mark' }, h(Icon, { name: 'bell' })),
    h('h1', { tabIndex: -1 }, t('sign-in-title')),
    h('p', { class: 'muted' }, t('sign-in-about')),
    h(
      'form',
      { onSubmit: (event: SubmitEvent) => void onSubmit(event), class: 'panel' },
      method === 'token' ? h(TokenField, null) : h(PasswordFields, { isNew: method === 'account' }),
      error !== '' && h(Notice, { tone: 'bad', icon: 'warn', title: error, alert: true }),
      h(
        'button',
        { type: 'submit', class: 'primary', disabled: isBusy },
        t(isBusy ? 'sign-in-busy' : method === 'account' ? 'sign-in-create' : 'sign-in-do'),
      ),
      METHODS.filter((other) => other !== method).map((other) =>
        h(
          'button',
          { type: 'button', class: 'plain', key: other, onClick: () => setMethod(other) },
          t(`sign-in-with-${other}`),
        ),
      ),
    ),
  )
}

async function submitted(method: Method, form: FormData): Promise<void> {
  const user = textIn(form, 'username').trim()
  const password = textIn(form, 'password')
  if (method === 'token') await signInWithToken(textIn(form, 'token').trim())
  else if (method === 'account')
    await register(user, password, registration === 'token' ? textIn(form, 'registration').trim() : undefined)
  else await signInWithPassword(user, password)
}

function PasswordFields({ isNew }: { isNew: boolean }): ComponentChildren {
  return h(
    'div',
    { class: 'fields' },
    h(Field, {
      label: t('sign-in-user'),
      hint: t(isNew ? 'sign-in-new-user-hint' : 'sign-in-user-hint'),
      children: (ids) =>
        h('input', {
          ...ids,
          name: 'username',
          autocomplete: 'username',
          autocapitalize: 'none',
          spellcheck: false,
          required: true,
        }),
    }),
    h(Field, {
      label: t('sign-in-password'),
      children: (ids) =>
        h('input', {
          ...ids,
          name: 'password',
          type: 'password',
          autocomplete: isNew ? 'new-password' : 'current-password',
          required: true,
        }),
    }),
    isNew && registration === 'token' && h(RegistrationTokenField, null),
  )
}

function RegistrationTokenField(): ComponentChildren {
  return h(Field, {
    label: t('sign-in-registration'),
    hint: t('sign-in-registration-hint'),
    children: (ids) =>
      h('input', {
        ...ids,
        name: 'registration',
        autocomplete: 'off',
        autocapitalize: 'none',
        spellcheck: false,
        required: true,
      }),
  })
}

function TokenField(): ComponentChildren {
  return h(Field, {
    label: t('sign-in-token'),
    hint: t(tokenOfLink === '' ? 'sign-in-token-hint' : 'sign-in-token-of-link'),
    children: (ids) =>
      h('input', {
        ...ids,
        name: 'token',
        type: 'password',
        autocomplete: 'off',
        required: true,
        defaultValue: tokenOfLink,
      }),
  })
}

function textOf({ status, errcode, message }: ApiError, method: Method): string {
  if (status === 0) return t('state-offline')
  if (method === 'account') return status === 401 ? t('sign-in-registration-refused') : message
  if (errcode === 'M_FORBIDDEN') return t('sign-in-refused')
  if (errcode === 'M_UNKNOWN_TOKEN') return t('sign-in-token-refused')
  return message
}
