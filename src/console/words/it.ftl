## Everywhere
skip = Vai al contenuto
close = Chiudi
cancel = Annulla
nav-label = Schermate
sign-out = Esci
copy-link = Copia link
copy-json = Copia come JSON
copy-done = Copiato
copy-failed = Il browser non ha consentito la copia
clock-differs = L'orologio di questo browser differisce da quello del server di { $by }. Gli orari qui sotto sono quelli del server.
theme-label = Tema: { $theme }
theme-system = come il sistema
theme-light = chiaro
theme-dark = scuro
language-label = Lingua
time-now = adesso
time-never = mai

## States of every screen
state-loading = Caricamento
state-slow = Il server impiega più del solito. Ancora in attesa.
state-offline = Il server non è raggiungibile
state-forbidden = Non hai il permesso di vedere questa pagina
state-missing = Qui non c'è nulla che tu possa vedere
state-failed = Il server non è riuscito a rispondere
state-retry = Riprova

## Sign in
sign-in-title = Belfry
sign-in-about = Perché ha suonato? Perché no? Accedi con il tuo account Matrix su questo server.
sign-in-user = Nome utente
sign-in-user-hint = Ad esempio alice oppure @alice:example.org
sign-in-password = Password
sign-in-token = Token di accesso
sign-in-token-hint = Di un client o di uno script. Resta valido anche quando esci da qui.
sign-in-token-of-link = Era incluso nel link che hai aperto.
sign-in-registration = Token di registrazione
sign-in-registration-hint = Da un amministratore di questo server.
sign-in-registration-refused = Questo token di registrazione è sconosciuto, esaurito o scaduto
sign-in-do = Accedi
sign-in-create = Crea l'account
sign-in-with-account = Crea un account
sign-in-new-user-hint = Lettere minuscole, cifre e . _ = / -
sign-in-busy = Accesso in corso …
sign-in-with-token = Usa un token di accesso
sign-in-with-password = Usa una password
sign-in-refused = Il nome utente o la password non sono corretti
sign-in-token-refused = Il server non conosce questo token di accesso

## Keys
keys-title = Tasti
keys-filter = Vai al filtro
keys-next = Riga successiva
keys-previous = Riga precedente
keys-open = Apri la riga
keys-back = Esci da un campo o torna all'elenco
keys-test = Vai al primo pulsante di prova
keys-help = Questo elenco
keys-switch = Usa scorciatoie a tasto singolo

## Today
today-title = Oggi
today-devices = I tuoi dispositivi
today-recent = Che cosa è successo di recente
today-all = Tutti i percorsi
device-success = Ultima notifica
device-failing = In errore da
device-arrived = Arrivata dopo { $after }
device-last-arrived = Ultima arrivata
device-usually = di solito dopo { $after }
device-not-seen = { $count ->
    [one] l'ultima non è arrivata
    [many] le ultime { $count } non sono arrivate
   *[other] le ultime { $count } non sono arrivate
}
device-queued = { $count ->
    [one] 1 in attesa
    [many] { $count } in attesa
   *[other] { $count } in attesa
}
pusher-ok = Suona
pusher-unused = Mai usato finora
pusher-pending = Non confermato dalla sua app
pusher-retrying = Nuovi tentativi in corso
pusher-failing = In errore
pusher-off = Disattivato
pusher-not-seen = Inviato, ma non visto
test-send = Invia una prova
test-to = a { $name }
test-busy = Invio in corso …
test-ok = Inviata
test-rejected = Respinta: l'app non ha questo dispositivo
test-unreachable = Il gateway non è raggiungibile
test-rate-limited = Il gateway chiede di attendere
test-not-registered = Questo dispositivo non esiste più
test-blocked = L'indirizzo del gateway non è consentito
test-disabled = Il dispositivo è disattivato
test-not-activated = L'app non ha confermato il dispositivo
test-unsupported = Per questo tipo di dispositivo non c'è una prova
first-title = Nessuno dei tuoi dispositivi riceve ancora notifiche
first-about = Un'app indica al server dove inviare le notifiche: questo si chiama pusher. Ci sono due modi per averne uno:
first-client = Accedi a Element X, FluffyChat o SchildiChat come { $user }, con il server { $server }, e consenti le notifiche.
first-curl = Oppure crea una casella di prova su questo server. TOKEN è un tuo token di accesso:
first-waiting = In attesa del tuo primo dispositivo. Questa pagina si aggiorna da sola.

ring-do = Fai suonare questo browser
ring-step-permission = Il browser chiede se può mostrare notifiche …
ring-step-subscribe = Iscrizione al servizio push del browser …
ring-step-confirm = In attesa della prima push …
ring-step-ring = Invio della notifica …
ring-done = Inviata. Ora il browser mostra una notifica.
ring-denied = Il browser non consente le notifiche per questa pagina. Consentile nelle impostazioni del browser per questo sito.
ring-off = Questo server non ha Web Push (impostazione push.web_push).
ring-no-service = Il browser non è riuscito a iscriversi al suo servizio push.
ring-not-confirmed = La prima push non è arrivata entro 20 secondi. Controlla che il server possa raggiungere Internet.
ring-unsupported = Per far suonare questo browser, apri la console tramite https o su localhost.
ring-app = Console Belfry
ring-device = Questo browser
ring-title = Suona!
ring-text = Belfry raggiunge questo browser.

## Journeys
journeys-title = Percorsi
journeys-event = Apri tramite ID evento
list-event = Evento
list-why = Perché
list-no-devices = Nessun dispositivo
list-older = Carica precedenti
list-news = { $count ->
    [one] 1 nuovo
    [many] { $count } nuovi
   *[other] { $count } nuovi
}
list-total = { $count ->
    [one] 1 percorso
    [many] { $count } percorsi
   *[other] { $count } percorsi
}
list-total-at-least = { $count ->
    [one] Almeno 1 percorso
    [many] Almeno { $count } percorsi
   *[other] Almeno { $count } percorsi
}
list-none = Non è ancora successo nulla
list-none-about = Ogni messaggio che ricevi compare qui da solo, con il motivo per cui ha suonato o no.
list-none-match = Nessun percorso corrisponde
list-none-match-about = Rimuovi un filtro o attendi: i nuovi percorsi compaiono da soli.
live-connecting = Connessione
live-live = In diretta
live-paused = In pausa
live-failed = Ogni 5 secondi
live-pause = Pausa
live-resume = Riprendi
filter-state = Stato
filter-device = Dispositivo
filter-since = Periodo
filter-room = ID stanza
filter-all = Tutti
filter-clear = Cancella filtri
since-1h = Ultima ora
since-24h = Ultime 24 ore
since-7d = Ultimi 7 giorni
device-state-sent = Inviato
device-state-waiting = In attesa
device-state-held = Trattenuto
device-state-failing = In errore
device-state-silent = Silenzioso
device-state-read-first = Già letto
device-state-skipped = Saltato
device-state-dropped = Rifiutato
device-state-rejected = Respinto
device-state-off = Disattivato
device-state-unknown = Sconosciuto
type-m-room-message = Messaggio
type-m-room-encrypted = Messaggio cifrato
type-m-room-member = Partecipazione
type-m-call-invite = Chiamata
type-m-sticker = Sticker
type-m-room-topic = Argomento
type-m-room-name = Nome della stanza
type-m-room-tombstone = Aggiornamento della stanza
type-m-poll-start = Sondaggio

## One journey
journey-title = Percorso di un evento
journey-decision = Decisione
journey-devices = Dispositivi
journey-no-devices = Non c'era alcun dispositivo
journey-no-devices-about = Quando l'evento è stato inviato, questo utente non aveva app che ricevono notifiche.
journey-rule = Regola decisiva:
journey-rules = Regole push in ordine di valutazione
journey-rules-changed = Da allora le regole sono cambiate. L'elenco mostra le regole attuali; la decisione è quella salvata.
journey-try = Prova una regola su questo evento
journey-removed = Rimosso
journey-untraced = Il server non registra i percorsi (impostazione trace.enabled), quindi i tentativi mancano.
fact-when = Inviato
fact-sender = Mittente
fact-room = Stanza
fact-type = Tipo
fact-user = Percorso per
fact-read = Letto
fact-read-yes = sì
fact-read-no = non ancora
fact-event = ID evento
step-attempt = tentativo { $number }
step-status = stato { $status }
step-next = prossimo tentativo
step-unknown = Sconosciuto
step-waiting = In attesa
step-held = Trattenuto

step-sent = Inviato
step-fetched = Arrivato
step-rejected = Respinto
step-dropped = Rifiutato
step-skipped = Non inviato
step-cleared = Rimosso
step-not-queued = Non inviato
step-not-seen = Non visto
step-gateway = Al gateway
reason-no-rule-matched = Nessuna regola corrisponde
reason-not-kept = Non più noto
reason-wakes-only = Risveglia il dispositivo
reason-rules-failed = Errore nelle regole
reason-not-fetched = Non visto
reason-read = Già letto
reason-gateway-failing = Gateway in errore
reason-mail-server-failing = Server di posta in errore
reason-suppressed-by-a-device-rule = Silenziato su questo dispositivo
reason-does-not-notify = Non notifica
reason-in-the-app-only = Solo nell'app
reason-collapsed = Sostituito da uno più recente
reason-active-elsewhere = Trattenuto: attività altrove
reason-no-pushers = Nessun dispositivo
reason-set-after-the-event = Configurato dopo
reason-pusher-disabled = Il dispositivo era disattivato
reason-disabled = Il dispositivo è disattivato
reason-not-activated = Non confermato dalla sua app
reason-own-event = Evento proprio
reason-not-a-member = Non è membro
reason-sender-is-ignored = Il mittente è ignorato
reason-redacted = Messaggio eliminato
reason-not-by-e-mail = Non tramite email
remedy-2xx = Il gateway ha risposto, ma non ha accettato la notifica. Chi lo gestisce può trovare il motivo nel log.
remedy-3xx = Il gateway ha risposto con un reindirizzamento. Imposta il pusher con l'indirizzo finale.
remedy-4xx = Il gateway rifiuta la richiesta. Controlla l'app id e l'indirizzo del pusher.
remedy-5xx = Il gateway ha un guasto. Il server riprova da solo.
remedy-connection-refused = Nulla è in ascolto all'indirizzo del gateway. Controlla che sia in esecuzione e la sua porta.
remedy-dns = Il nome host del gateway non esiste. Controlla l'indirizzo del pusher.
remedy-timeout = Il gateway non ha risposto in tempo. Il server riprova da solo.
remedy-tls = Il certificato del gateway non è attendibile. Rinnovalo o aggiungi la sua autorità con push.extra_ca.
remedy-blocked-by-the-IP-policy = L'indirizzo non è pubblico. Consentilo con push.allow_ip_ranges se ti fidi.

## Rules
rules-not-matched = { $count ->
    [one] 1 regola non corrispondeva
    [many] { $count } regole non corrispondevano
   *[other] { $count } regole non corrispondevano
}
rules-not-reached = { $count ->
    [one] Un'altra regola non è servita.
    [many] Altre { $count } regole non sono servite.
   *[other] Altre { $count } regole non sono servite.
}
verdict-matched = Corrisponde
verdict-wakes-only = Risveglia il dispositivo
verdict-no-match = Non corrisponde
verdict-disabled = Disattivata
verdict-malformed = Non valida
verdict-not-evaluated = Non valutata
check-holds = Soddisfatta
check-fails = Non soddisfatta
check-expected = previsto
check-actual = effettivo
check-nothing = nulla
condition-event-match = L'evento corrisponde a un modello
condition-event-property-is = Una proprietà dell'evento ha un certo valore
condition-event-property-contains = Un elenco nell'evento contiene un valore
condition-contains-display-name = Il testo contiene il tuo nome
condition-room-member-count = La stanza ha un certo numero di membri
condition-sender-notification-permission = Il mittente può notificare la stanza
rule-own = Regola personale { $id } ({ $kind })
rule-device = solo { $handle }
kind-override = override
kind-content = parola
kind-room = stanza
kind-sender = mittente
kind-underride = underride
rule-m-rule-master = Tutto è silenziato
rule-m-rule-suppress-notices = Messaggi di bot
rule-m-rule-invite-for-me = Inviti per te
rule-m-rule-member-event = Variazioni dei membri
rule-m-rule-is-user-mention = Menzioni per te
rule-m-rule-contains-display-name = Il tuo nome nel testo
rule-m-rule-is-room-mention = Menzioni della stanza
rule-m-rule-roomnotif = @room nel testo
rule-m-rule-tombstone = Aggiornamenti di stanze
rule-m-rule-reaction = Reazioni
rule-m-rule-room-server-acl = Elenchi di server delle stanze
rule-m-rule-suppress-edits = Modifiche di messaggi
rule-m-rule-contains-user-name = Il tuo nome utente nel testo
rule-m-rule-call = Chiamate
rule-m-rule-encrypted-room-one-to-one = Messaggi cifrati tra due persone
rule-m-rule-room-one-to-one = Messaggi tra due persone
rule-m-rule-message = Messaggi
rule-m-rule-encrypted = Messaggi cifrati

## The table of rules
rules-title = Regole
rules-about = Che cosa suona e dove. Una regola di un dispositivo decide prima delle regole dell'account, solo per quel dispositivo. I conteggi dei non letti seguono solo l'account.
rules-account = Account
rules-device = Dispositivo
rules-filter = Trova una stanza
rules-rooms = Stanze
rules-senders = Persone
rules-contents = Parole
rules-room = Stanza
rules-sender = Persona
rules-content = Parola
rules-no-rooms = Nessuna stanza trovata.
rules-no-senders = Nessuna regola riguarda una persona.
rules-no-contents = Nessuna regola riguarda una parola.
rules-more = Mostra altro
rules-cell = { $what }, { $where }
rules-effect = Effetto
rules-period = Durata
rules-save = Salva
rules-add = Aggiungi
rules-add-sender = ID utente di una persona
rules-add-content = Parola; * e ? stanno per lettere qualsiasi
rules-other = Altre regole
rules-own = Le tue regole con condizioni
rules-defaults = Regole predefinite
rules-rule = Regola
rules-state = Stato
rules-actions = Modifica
rules-on = Attiva
rules-off = Disattivata
rules-switch-on = Attiva
rules-switch-off = Disattiva
rules-delete = Elimina
rules-ends = termina
effect-inherits = Come al solito
effect-muted = Silenziato
effect-mentions = Solo menzioni
effect-silent = Silenzioso
effect-quiet = Notifica senza suono
effect-rings = Suona
effect-highlight = Suona ed evidenzia
period-always = sempre
period-hour = un'ora
period-work = otto ore
period-day = un giorno

## The doctor
doctor-title = Diagnosi
doctor-nothing = Nulla impedisce alle tue notifiche di arrivare
doctor-more = { $count ->
    [one] Un altro risultato comparirà quando questi saranno corretti.
    [many] Altri { $count } risultati compariranno quando questi saranno corretti.
   *[other] Altri { $count } risultati compariranno quando questi saranno corretti.
}
severity-problem = Problema
severity-warning = Avviso
severity-hint = Suggerimento
finding-busy = Modifica in corso …
finding-done = Fatto
finding-no-pusher = Nessuno dei tuoi dispositivi riceve notifiche.
finding-notifications-are-off = Tutte le notifiche sono disattivate.
finding-no-process-delivers = Al momento il server non invia notifiche. Restano in attesa finché non riprende.
finding-pusher-is-failing = Notifiche a { $device } non riuscite da: { $since }.
finding-pusher-is-retrying = Notifiche a { $device } non riuscite da: { $since }.
finding-pusher-is-disabled = { $device } è disattivato.
finding-pusher-is-not-confirmed = L'app su { $device } non ha confermato di volere le notifiche.
finding-pushes-do-not-arrive = { $device } non ha recuperato nulla di ciò che gli è stato notificato. Da: { $since }.
finding-handle-is-shared = { $device } ha le stesse regole di un altro dispositivo, perché entrambi hanno l'identificativo { $handle }.
finding-device-rules-without-a-pusher = Ci sono regole per l'identificativo { $handle }, ma nessun dispositivo lo ha.
finding-calls-cannot-ring = Le chiamate non possono suonare su { $device } a causa di questa regola: { $rule }.
finding-calls-in-a-room-cannot-ring = Le chiamate in { $room } non possono suonare su { $device } a causa di questa regola: { $rule }.
finding-mentions-in-encrypted-rooms-are-hidden = { $count ->
    [one] Il server non può vedere le menzioni in una stanza cifrata, e { $device }, che potrebbe vederle, non riceve avviso dei messaggi di quella stanza.
    [many] Il server non può vedere le menzioni in { $count } stanze cifrate, e { $device }, che potrebbe vederle, non riceve avviso dei messaggi di quelle stanze.
   *[other] Il server non può vedere le menzioni in { $count } stanze cifrate, e { $device }, che potrebbe vederle, non riceve avviso dei messaggi di quelle stanze.
}
finding-rule-contradicts-itself = «{ $rule }» non può mai corrispondere, perché le sue condizioni si escludono a vicenda.
finding-rule-has-an-unknown-condition = «{ $rule }» non può mai corrispondere, perché il server non conosce una delle sue condizioni.
finding-rule-is-shadowed = «{ $rule }» non può mai corrispondere, perché questa regola viene prima e copre gli stessi casi: { $other }.
finding-rule-for-a-room-that-was-left = «{ $rule }» riguarda una stanza di cui non fai parte.
finding-room-is-muted-twice = { $room }: silenziata da due regole, { $other } e { $rule }.
advice-no-pusher = Accedi con un'app sul tuo dispositivo e consenti le sue notifiche.
advice-notifications-are-off = Attivale per ricevere avvisi.
advice-no-process-delivers = Chiedi agli amministratori del server. Non si perde nulla.
advice-pusher-is-failing = Il server riprova da solo. Se l'app non è più sul dispositivo, elimina questo dispositivo; altrimenti occorre riparare il suo gateway.
advice-pusher-is-retrying = Il server riprova da solo e nulla va perso.
advice-pusher-was-removed = Apri l'app sul dispositivo, così si registra di nuovo per le notifiche.
advice-pusher-is-disabled = Attivalo per ricevere lì le notifiche.
advice-pusher-is-not-confirmed = Apri l'app sul dispositivo.
advice-pushes-do-not-arrive = Apri l'app sul dispositivo. Controlla che il dispositivo sia online e che il sistema consenta all'app di ricevere notifiche e di funzionare in background.
advice-handle-is-shared = Se non è voluto, assegna a questo dispositivo un identificativo proprio.
advice-device-rules-without-a-pusher = Valgono di nuovo quando un'app si registra con questo identificativo.
advice-calls-cannot-ring = Modifica quella regola o aggiungine una per le chiamate.
advice-calls-in-a-room-cannot-ring = Lascia suonare le chiamate di questa stanza oppure lasciala silenziata.
advice-mentions-in-encrypted-rooms-are-hidden = Invia i messaggi cifrati al dispositivo, così può cercare le menzioni.
advice-rule-has-an-unknown-condition = Correggi la regola o eliminala.
advice-rule-contradicts-itself = Correggi la regola o eliminala.
advice-rule-is-shadowed = Elimina una delle due o cambiane l'ordine.
advice-rule-for-a-room-that-was-left = Elimina la regola se non intendi tornare.
advice-room-is-muted-twice = Per ricevere di nuovo notifiche dalla stanza, vanno eliminate entrambe. Elimina ora una delle due.
remedy-delete-rule = Elimina «{ $rule }»
remedy-enable-rule = Attiva «{ $rule }»
remedy-disable-rule = Disattiva «{ $rule }»
remedy-let-calls-ring = Fai suonare le chiamate su { $device }
remedy-send-encrypted-messages = Invia tutti i messaggi cifrati a { $device }
remedy-enable-pusher = Attiva { $device }
remedy-delete-pusher = Elimina { $device }
remedy-send-a-test = Invia una prova a { $device }
remedy-own-handle-with-the-rules = Assegna a { $device } un identificativo proprio, con una copia delle regole
remedy-own-handle-without-rules = Assegna a { $device } un identificativo proprio, senza regole

## Devices
devices-title = Dispositivi
devices-about = Le app a cui questo server invia notifiche per te, che cosa fanno e quali problemi hanno.
devices-none = Nessuno dei tuoi dispositivi riceve ancora notifiche
devices-none-about = La prima schermata mostra come averne uno.
devices-removed = Rimossi negli ultimi 30 giorni
devices-device = Dispositivo
devices-when = Rimosso
devices-why = Perché
device-arrived-unknown = non noto: l'app non recupera ciò che le viene notificato
device-error = Ultimo errore
device-held = Trattenuto fino a
device-waiting = Coda
device-gateway = Gateway
device-gateway-none = nessuno
device-handle = Identificativo
device-handle-none = nessuno
device-app = App id
device-settings = Impostazioni
device-enabled = Notifiche su questo dispositivo
device-badges = Invia il numero per l'icona dell'app
device-hold = Quando usi un altro dispositivo, attendi
device-hold-hint = Ciò che leggi lì in quel tempo non viene inviato a questo dispositivo.
device-hold-none = nessuna attesa
removed-deleted = Eliminato da te o dalla tua app
removed-rejected = Il suo gateway ha segnalato che il dispositivo non esiste più
removed-device-removed = Il dispositivo è stato disconnesso
removed-taken-over = Un altro utente ha effettuato l'accesso sul dispositivo
removed-account-closed = L'account è stato chiuso
removed-unsubscribed = L'iscrizione è terminata
removed-address-removed = L'indirizzo è stato rimosso
removed-not-confirmed = La sua app non lo ha confermato

## Try a rule
try-title = Prova una regola
try-about = Nulla viene inviato o memorizzato finché non salvi la regola.
try-event = L'evento
try-room-hint = Una stanza di cui fai parte, per i suoi membri e il tuo nome lì. Può restare vuoto.
try-event-json = Evento come JSON
try-bad-event = L'evento non è JSON: { $error }
try-rule = La regola
try-subject = Si applica a
try-subject-word = messaggi con una parola
try-subject-room = tutto in una stanza
try-subject-sender = tutto da una persona
try-subject-conditions = condizioni personalizzate
try-value-word = Parola; * e ? stanno per lettere qualsiasi
try-value-room = ID stanza
try-value-sender = ID utente
try-value-conditions = Condizioni come elenco JSON
try-effect = Deve
try-effect-ring = suonare
try-effect-highlight = suonare ed evidenziare
try-effect-quiet = notificare senza suono
try-effect-mute = non notificare
try-scope = Su
try-all-devices = tutti i dispositivi
try-do = Prova
try-result = Che cosa succederebbe
try-counts = L'evento ti verrebbe notificato.
try-counts-not = L'evento non ti verrebbe notificato.
try-no-devices = Non hai ancora dispositivi, quindi non suonerebbe nulla.
try-rings = Suona
try-silent = Notifica in silenzio
try-nothing = Nulla
try-handle = Identificativo { $handle }
try-save-account = Salva per questo account
try-save-device = Salva per questo dispositivo
try-saved = Salvata

preview-title = { $count ->
    [one] Il tuo ultimo evento con questa regola
    [many] I tuoi ultimi { $count } eventi con questa regola
   *[other] I tuoi ultimi { $count } eventi con questa regola
}
preview-account = Conteggi dei non letti
preview-none = non cambia nulla
preview-rings = { $count ->
    [one] 1 in più suona
    [many] { $count } in più suonano
   *[other] { $count } in più suonano
}
preview-silent = { $count ->
    [one] 1 diventa silenzioso
    [many] { $count } diventano silenziosi
   *[other] { $count } diventano silenziosi
}
preview-differs = { $count ->
    [one] 1 ha un suono diverso
    [many] { $count } hanno un suono diverso
   *[other] { $count } hanno un suono diverso
}
preview-cut = Le regole sono troppo pesanti per valutarle su tutti gli eventi.
change-rings = suona
change-silent = diventa silenzioso
change-differs = suono diverso

## A path without a screen
missing-title = Schermata inesistente
missing-about = La console non ha schermate a questo indirizzo.

## Administration
admin-title = Amministrazione
admin-about = I gateway e i dispositivi di tutti gli utenti. I messaggi e gli indirizzi dei dispositivi non sono mostrati qui.
admin-alarms = Allarmi
admin-no-alarms = Nessun allarme
admin-alarm = Push arrivate tramite { $gateway } nell'{ $window }: { $share }; di solito: { $usual }.
admin-window-hour = ultima ora
admin-window-day = ultimo giorno
admin-trouble = { $app }: { $reason }, da: { $since }
admin-gateways = Gateway
admin-no-gateways = Nessun dispositivo ha ancora un gateway.
admin-gateway = Gateway
admin-gateway-others = altri gateway
admin-devices = Dispositivi
admin-failing = In errore
admin-queue = In attesa
admin-oldest = In errore da
admin-hour = Arrivate, ultima ora
admin-day = Arrivate, ultimo giorno
admin-usual = Di solito
admin-share-unknown = non noto
admin-apps = App del gateway di questo server
admin-no-apps = Il gateway di questo server non ha app.
admin-app = App
admin-app-state = Stato
admin-app-waiting = Richieste
admin-app-requests = { $running } in corso, { $waiting } in attesa
admin-app-expires = Scadenza credenziali
admin-app-ok = Funziona
admin-app-degraded = Funziona in parte
admin-app-failing = In errore
admin-app-alarmed = Rifiuta la maggior parte dei dispositivi
admin-states = Stati dei dispositivi
admin-state-count = { $count ->
    [one] 1 dispositivo
    [many] { $count } dispositivi
   *[other] { $count } dispositivi
}
admin-users = Dispositivi degli utenti
admin-user = Utente
admin-find = Trova un utente o un dispositivo
admin-no-users = Nessun dispositivo trovato.
admin-error = Ultimo errore
admin-more = Carica altro
resend-do = Invia di nuovo
resend-to = a { $name }

## Utenti
users-title = Utenti
users-about = Gli account di questo server. Una modifica vale subito.
users-find = Id utente o nome visualizzato
users-search = Cerca
users-none = Nessun utente trovato.
users-seen = Ultima richiesta
users-admin = Amministratore
users-active = Attivo
users-locked = Bloccato
users-suspended = Sospeso
users-lock = Blocca
users-unlock = Sblocca
users-suspend = Sospendi
users-unsuspend = Termina la sospensione
users-lock-about = Finché non lo sblocchi, { $user } non può usare l'account e nulla viene inviato ai suoi dispositivi.
users-unlock-about = { $user } può usare di nuovo l'account e i suoi dispositivi ricevono di nuovo notifiche.
users-suspend-about = Finché non termini la sospensione, { $user } può leggere, ma non inviare o modificare ciò che gli altri vedono.
users-unsuspend-about = { $user } può di nuovo inviare e modificare ciò che gli altri vedono.
