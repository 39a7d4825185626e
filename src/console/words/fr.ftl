## Everywhere
skip = Aller au contenu
close = Fermer
cancel = Annuler
nav-label = Écrans
sign-out = Se déconnecter
copy-link = Copier le lien
copy-json = Copier en JSON
copy-done = Copié
copy-failed = Votre navigateur n’a pas autorisé la copie
clock-differs = L’horloge de ce navigateur diffère de { $by } de celle du serveur. Les heures ci-dessous sont celles du serveur.
theme-label = Thème : { $theme }
theme-system = comme le système
theme-light = clair
theme-dark = sombre
language-label = Langue
time-now = à l’instant
time-never = jamais

## States of every screen
state-loading = Chargement
state-slow = Le serveur met plus de temps que d’habitude. Toujours en attente.
state-offline = Le serveur est injoignable
state-forbidden = Vous n’avez pas accès à ceci
state-missing = Il n’y a rien ici que vous puissiez voir
state-failed = Le serveur n’a pas pu répondre
state-retry = Réessayer

## Sign in
sign-in-title = Belfry
sign-in-about = Pourquoi ça a sonné ? Pourquoi pas ? Connectez-vous avec votre compte Matrix sur ce serveur.
sign-in-user = Nom d’utilisateur
sign-in-user-hint = Par exemple alice ou @alice:example.org
sign-in-password = Mot de passe
sign-in-token = Jeton d’accès
sign-in-token-hint = Celui d’un client ou d’un script. Il reste valable après votre déconnexion ici.
sign-in-token-of-link = Il était dans le lien que vous avez ouvert.
sign-in-registration = Jeton d’inscription
sign-in-registration-hint = D’un administrateur de ce serveur.
sign-in-registration-refused = Ce jeton d’inscription est inconnu, épuisé ou expiré
sign-in-do = Se connecter
sign-in-create = Créer le compte
sign-in-with-account = Créer un compte
sign-in-new-user-hint = Minuscules, chiffres et . _ = / -
sign-in-busy = Connexion…
sign-in-with-token = Utiliser un jeton d’accès
sign-in-with-password = Utiliser un mot de passe
sign-in-refused = Le nom d’utilisateur ou le mot de passe est incorrect
sign-in-token-refused = Le serveur ne connaît pas ce jeton d’accès

## Keys
keys-title = Raccourcis clavier
keys-filter = Aller au filtre
keys-next = Ligne suivante
keys-previous = Ligne précédente
keys-open = Ouvrir la ligne
keys-back = Quitter un champ ou revenir à la liste
keys-test = Aller au premier bouton de test
keys-help = Cette liste
keys-switch = Utiliser les raccourcis à une lettre

## Today
today-title = Aujourd’hui
today-devices = Vos appareils
today-recent = Activité récente
today-all = Tous les parcours
device-success = Dernière notification
device-failing = En échec depuis
device-arrived = Arrivée après { $after }
device-last-arrived = Dernière arrivée
device-usually = d’habitude après { $after }
device-not-seen = { $count ->
    [one] la dernière n’est pas arrivée
    [many] les { $count } dernières ne sont pas arrivées
   *[other] les { $count } dernières ne sont pas arrivées
}
device-queued = { $count ->
    [one] { $count } en attente
    [many] { $count } en attente
   *[other] { $count } en attente
}
pusher-ok = Sonne
pusher-unused = Jamais utilisé
pusher-pending = Non confirmé par son application
pusher-retrying = Nouvel essai
pusher-failing = En échec
pusher-off = Désactivé
pusher-not-seen = Envoyé, mais pas vu
test-send = Envoyer un test
test-to = à { $name }
test-busy = Envoi…
test-ok = Envoyé
test-rejected = Rejeté : l’application n’a pas cet appareil
test-unreachable = La passerelle est injoignable
test-rate-limited = La passerelle demande d’attendre
test-not-registered = Cet appareil n’existe plus
test-blocked = L’adresse de la passerelle n’est pas autorisée
test-disabled = L’appareil est désactivé
test-not-activated = L’application n’a pas confirmé l’appareil
test-unsupported = Ce type d’appareil n’a pas de test
first-title = Aucun de vos appareils ne reçoit encore de notifications
first-about = Une application indique au serveur où envoyer les notifications ; c’est ce qu’on appelle un pusher. Il y a deux façons d’en obtenir un :
first-client = Connectez-vous à Element X, FluffyChat ou SchildiChat en tant que { $user }, avec le serveur { $server }, et autorisez les notifications.
first-curl = Ou créez une boîte de test sur ce serveur. TOKEN est l’un de vos jetons d’accès :
first-waiting = En attente de votre premier appareil. Cette page se met à jour toute seule.

ring-do = Faire sonner ce navigateur
ring-step-permission = Votre navigateur demande s’il peut afficher des notifications…
ring-step-subscribe = Abonnement au service push de votre navigateur…
ring-step-confirm = En attente du premier push…
ring-step-ring = Ça sonne…
ring-done = Envoyé. Votre navigateur affiche maintenant une notification.
ring-denied = Votre navigateur n’autorise pas les notifications pour cette page. Autorisez-les dans ses paramètres pour ce site.
ring-off = Ce serveur n’a pas de Web Push (paramètre push.web_push).
ring-no-service = Votre navigateur n’a pas pu s’abonner à son service push.
ring-not-confirmed = Le premier push n’est pas arrivé dans les 20 secondes. Vérifiez que le serveur a accès à Internet.
ring-unsupported = Pour faire sonner ce navigateur, ouvrez la console en https ou sur localhost.
ring-app = Console Belfry
ring-device = Ce navigateur
ring-title = Ça sonne
ring-text = Belfry peut joindre ce navigateur.

## Journeys
journeys-title = Parcours
journeys-event = Ouvrir avec l’ID d’un événement
list-event = Événement
list-why = Raison
list-no-devices = Aucun appareil
list-older = Charger les plus anciens
list-news = { $count ->
    [one] { $count } nouveau
    [many] { $count } nouveaux
   *[other] { $count } nouveaux
}
list-total = { $count ->
    [one] { $count } parcours
    [many] { $count } parcours
   *[other] { $count } parcours
}
list-total-at-least = { $count ->
    [one] Au moins { $count } parcours
    [many] Au moins { $count } parcours
   *[other] Au moins { $count } parcours
}
list-none = Il ne s’est encore rien passé
list-none-about = Chaque message qu’on vous envoie apparaît ici automatiquement, avec la raison pour laquelle il a sonné ou non.
list-none-match = Aucun parcours ne correspond
list-none-match-about = Retirez un filtre ou attendez : les nouveaux parcours apparaissent automatiquement.
live-connecting = Connexion
live-live = En direct
live-paused = En pause
live-failed = Toutes les 5 secondes
live-pause = Pause
live-resume = Reprendre
filter-state = État
filter-device = Appareil
filter-since = Période
filter-room = ID du salon
filter-all = Tous
filter-clear = Effacer les filtres
since-1h = Dernière heure
since-24h = Dernières 24 heures
since-7d = 7 derniers jours
device-state-sent = Envoyé
device-state-waiting = En attente
device-state-held = Retenu
device-state-failing = En échec
device-state-silent = Silencieux
device-state-read-first = Déjà lu
device-state-skipped = Ignoré
device-state-dropped = Refusé
device-state-rejected = Rejeté
device-state-off = Désactivé
device-state-unknown = Inconnu
type-m-room-message = Message
type-m-room-encrypted = Message chiffré
type-m-room-member = Adhésion
type-m-call-invite = Appel
type-m-sticker = Autocollant
type-m-room-topic = Sujet
type-m-room-name = Nom du salon
type-m-room-tombstone = Mise à niveau du salon
type-m-poll-start = Sondage

## One journey
journey-title = Parcours d’un événement
journey-decision = Décision
journey-devices = Appareils
journey-no-devices = Il n’y avait aucun appareil
journey-no-devices-about = Lors de l’envoi de l’événement, cet utilisateur n’avait aucune application recevant des notifications.
journey-rule = Règle décisive :
journey-rules = Règles push dans l’ordre d’évaluation
journey-rules-changed = Les règles ont changé depuis. La liste montre les règles actuelles ; la décision est celle qui a été enregistrée.
journey-try = Essayer une règle sur cet événement
journey-removed = Supprimé
journey-untraced = Le serveur n’enregistre pas les parcours (paramètre trace.enabled) : les tentatives sont donc absentes.
fact-when = Envoyé
fact-sender = Expéditeur
fact-room = Salon
fact-type = Type
fact-user = Parcours pour
fact-read = Lu
fact-read-yes = oui
fact-read-no = pas encore
fact-event = ID de l’événement
step-attempt = tentative { $number }
step-status = statut { $status }
step-next = prochaine tentative
step-unknown = Inconnu
step-waiting = En attente
step-held = Retenu

step-sent = Envoyé
step-fetched = Arrivé
step-rejected = Rejeté
step-dropped = Refusé
step-skipped = Non envoyé
step-cleared = Supprimé
step-not-queued = Non envoyé
step-not-seen = Pas vu
step-gateway = À la passerelle
reason-no-rule-matched = Aucune règle ne correspond
reason-not-kept = N’est plus connu
reason-wakes-only = Réveille l’appareil
reason-rules-failed = Échec des règles
reason-not-fetched = Pas vu
reason-read = Déjà lu
reason-gateway-failing = Passerelle en échec
reason-mail-server-failing = Serveur de messagerie en échec
reason-suppressed-by-a-device-rule = Silencieux sur cet appareil
reason-does-not-notify = Ne notifie pas
reason-in-the-app-only = Dans l’application seulement
reason-collapsed = Remplacé par un plus récent
reason-active-elsewhere = Retenu : actif ailleurs
reason-no-pushers = Aucun appareil
reason-set-after-the-event = Configuré plus tard
reason-pusher-disabled = L’appareil était désactivé
reason-disabled = L’appareil est désactivé
reason-not-activated = Non confirmé par son application
reason-own-event = Votre propre événement
reason-not-a-member = Pas membre
reason-sender-is-ignored = Expéditeur ignoré
reason-redacted = Message supprimé
reason-not-by-e-mail = Pas par e-mail
remedy-2xx = La passerelle a répondu, mais n’a pas accepté la notification. Son opérateur peut en trouver la raison dans son journal.
remedy-3xx = La passerelle a répondu par une redirection. Configurez le pusher avec l’adresse finale.
remedy-4xx = La passerelle refuse la requête. Vérifiez l’app id et l’adresse du pusher.
remedy-5xx = La passerelle est en panne. Le serveur réessaie automatiquement.
remedy-connection-refused = Rien ne répond à l’adresse de la passerelle. Vérifiez qu’elle fonctionne, ainsi que son port.
remedy-dns = Le nom d’hôte de la passerelle n’existe pas. Vérifiez l’adresse du pusher.
remedy-timeout = La passerelle n’a pas répondu à temps. Le serveur réessaie automatiquement.
remedy-tls = Le certificat de la passerelle n’est pas fiable. Renouvelez-le ou ajoutez son autorité avec push.extra_ca.
remedy-blocked-by-the-IP-policy = L’adresse n’est pas publique. Autorisez-la avec push.allow_ip_ranges si vous lui faites confiance.

## Rules
rules-not-matched = { $count ->
    [one] { $count } règle ne correspondait pas
    [many] { $count } règles ne correspondaient pas
   *[other] { $count } règles ne correspondaient pas
}
rules-not-reached = { $count ->
    [one] { $count } autre règle n’a pas été nécessaire.
    [many] { $count } autres règles n’ont pas été nécessaires.
   *[other] { $count } autres règles n’ont pas été nécessaires.
}
verdict-matched = Correspond
verdict-wakes-only = Réveille l’appareil
verdict-no-match = Ne correspond pas
verdict-disabled = Désactivée
verdict-malformed = Mal formée
verdict-not-evaluated = Non évaluée
check-holds = Remplie
check-fails = Non remplie
check-expected = attendu
check-actual = réel
check-nothing = rien
condition-event-match = L’événement correspond à un motif
condition-event-property-is = Une propriété de l’événement a une valeur
condition-event-property-contains = Une liste de l’événement contient une valeur
condition-contains-display-name = Le texte contient votre nom
condition-room-member-count = Le salon a un certain nombre de membres
condition-sender-notification-permission = L’expéditeur peut notifier le salon
rule-own = Règle personnelle { $id } ({ $kind })
rule-device = seulement { $handle }
kind-override = override
kind-content = mot
kind-room = salon
kind-sender = expéditeur
kind-underride = underride
rule-m-rule-master = Tout est en sourdine
rule-m-rule-suppress-notices = Messages de bots
rule-m-rule-invite-for-me = Invitations pour vous
rule-m-rule-member-event = Changements de membres
rule-m-rule-is-user-mention = Mentions de vous
rule-m-rule-contains-display-name = Votre nom dans le texte
rule-m-rule-is-room-mention = Mentions du salon
rule-m-rule-roomnotif = @room dans le texte
rule-m-rule-tombstone = Mises à niveau de salons
rule-m-rule-reaction = Réactions
rule-m-rule-room-server-acl = Listes de serveurs des salons
rule-m-rule-suppress-edits = Modifications de messages
rule-m-rule-contains-user-name = Votre nom d’utilisateur dans le texte
rule-m-rule-call = Appels
rule-m-rule-encrypted-room-one-to-one = Messages chiffrés à deux
rule-m-rule-room-one-to-one = Messages à deux
rule-m-rule-message = Messages
rule-m-rule-encrypted = Messages chiffrés

## The table of rules
rules-title = Règles
rules-about = Ce qui sonne, et où. Une règle d’appareil passe avant les règles du compte, pour cet appareil seulement. Le nombre de non-lus ne suit que le compte.
rules-account = Compte
rules-device = Appareil
rules-filter = Rechercher un salon
rules-rooms = Salons
rules-senders = Personnes
rules-contents = Mots
rules-room = Salon
rules-sender = Personne
rules-content = Mot
rules-no-rooms = Aucun salon trouvé.
rules-no-senders = Aucune règle ne concerne une personne.
rules-no-contents = Aucune règle ne concerne un mot.
rules-more = Afficher plus
rules-cell = { $what }, { $where }
rules-effect = Effet
rules-period = Durée
rules-save = Enregistrer
rules-add = Ajouter
rules-add-sender = ID utilisateur d’une personne
rules-add-content = Mot ; * et ? remplacent n’importe quelles lettres
rules-other = Autres règles
rules-own = Vos règles avec conditions
rules-defaults = Règles par défaut
rules-rule = Règle
rules-state = État
rules-actions = Modifier
rules-on = Activée
rules-off = Désactivée
rules-switch-on = Activer
rules-switch-off = Désactiver
rules-delete = Supprimer
rules-ends = se termine
effect-inherits = Comme d’habitude
effect-muted = En sourdine
effect-mentions = Mentions seulement
effect-silent = Silencieux
effect-quiet = Notifie sans son
effect-rings = Sonne
effect-highlight = Sonne et met en évidence
period-always = sans limite
period-hour = une heure
period-work = huit heures
period-day = un jour

## The doctor
doctor-title = Diagnostic
doctor-nothing = Rien n’empêche vos notifications d’arriver
doctor-more = { $count ->
    [one] Un autre constat apparaîtra une fois ceux-ci corrigés.
    [many] { $count } autres constats apparaîtront une fois ceux-ci corrigés.
   *[other] { $count } autres constats apparaîtront une fois ceux-ci corrigés.
}
severity-problem = Problème
severity-warning = Avertissement
severity-hint = Conseil
finding-busy = Modification…
finding-done = Terminé
finding-no-pusher = Aucun de vos appareils ne reçoit de notifications.
finding-notifications-are-off = Toutes les notifications sont désactivées.
finding-no-process-delivers = Le serveur n’envoie pas de notifications pour le moment. Elles attendent qu’il reprenne.
finding-pusher-is-failing = Les notifications vers { $device } échouent depuis { $since }.
finding-pusher-is-retrying = Les notifications vers { $device } échouent depuis { $since }.
finding-pusher-is-disabled = { $device } est désactivé.
finding-pusher-is-not-confirmed = L’application sur { $device } n’a pas confirmé qu’elle souhaite des notifications.
finding-pushes-do-not-arrive = { $device } n’a rien récupéré de ce qui lui a été notifié depuis { $since }.
finding-handle-is-shared = { $device } a les mêmes règles qu’un autre appareil, car les deux ont l’identifiant { $handle }.
finding-device-rules-without-a-pusher = Il y a des règles pour l’identifiant { $handle }, mais aucun appareil ne l’a.
finding-calls-cannot-ring = Les appels ne peuvent pas sonner sur { $device }, à cause de cette règle : { $rule }.
finding-calls-in-a-room-cannot-ring = Les appels dans { $room } ne peuvent pas sonner sur { $device }, à cause de cette règle : { $rule }.
finding-mentions-in-encrypted-rooms-are-hidden = { $count ->
    [one] Le serveur ne peut pas voir les mentions dans un salon chiffré, et { $device }, qui le pourrait, n’est pas informé de ses messages.
    [many] Le serveur ne peut pas voir les mentions dans { $count } salons chiffrés, et { $device }, qui le pourrait, n’est pas informé de leurs messages.
   *[other] Le serveur ne peut pas voir les mentions dans { $count } salons chiffrés, et { $device }, qui le pourrait, n’est pas informé de leurs messages.
}
finding-rule-contradicts-itself = { $rule } ne peut jamais correspondre, car ses conditions s’excluent mutuellement.
finding-rule-has-an-unknown-condition = { $rule } ne peut jamais correspondre, car le serveur ne connaît pas l’une de ses conditions.
finding-rule-is-shadowed = { $rule } ne peut jamais correspondre, car cette règle vient avant et correspond à la même chose : { $other }.
finding-rule-for-a-room-that-was-left = { $rule } concerne un salon où vous n’êtes pas.
finding-room-is-muted-twice = { $room } est mis en sourdine par deux règles : { $other } et { $rule }.
advice-no-pusher = Connectez-vous avec une application sur votre appareil et autorisez ses notifications.
advice-notifications-are-off = Activez-les pour être averti de quoi que ce soit.
advice-no-process-delivers = Contactez les administrateurs du serveur. Rien n’est perdu.
advice-pusher-is-failing = Le serveur réessaie automatiquement. Si l’application n’est plus sur l’appareil, supprimez cet appareil ; sinon, sa passerelle doit être réparée.
advice-pusher-is-retrying = Le serveur réessaie automatiquement et rien n’est perdu.
advice-pusher-was-removed = Ouvrez l’application sur l’appareil pour qu’elle s’inscrive de nouveau aux notifications.
advice-pusher-is-disabled = Activez-le pour y recevoir des notifications.
advice-pusher-is-not-confirmed = Ouvrez l’application sur l’appareil.
advice-pushes-do-not-arrive = Ouvrez l’application sur l’appareil. Vérifiez que l’appareil est en ligne et que son système autorise l’application à recevoir des notifications et à fonctionner en arrière-plan.
advice-handle-is-shared = Si ce n’est pas voulu, donnez à cet appareil son propre identifiant.
advice-device-rules-without-a-pusher = Elles s’appliqueront de nouveau quand une application s’inscrira avec cet identifiant.
advice-calls-cannot-ring = Modifiez cette règle ou ajoutez une règle pour les appels.
advice-calls-in-a-room-cannot-ring = Laissez sonner les appels de ce salon ou gardez-le en sourdine.
advice-mentions-in-encrypted-rooms-are-hidden = Envoyez les messages chiffrés à l’appareil pour qu’il puisse y chercher les mentions.
advice-rule-has-an-unknown-condition = Corrigez la règle ou supprimez-la.
advice-rule-contradicts-itself = Corrigez la règle ou supprimez-la.
advice-rule-is-shadowed = Supprimez l’une d’elles ou changez leur ordre.
advice-rule-for-a-room-that-was-left = Supprimez la règle si vous ne comptez pas y revenir.
advice-room-is-muted-twice = Pour être de nouveau averti de ce salon, il faut supprimer les deux. Supprimez-en une maintenant.
remedy-delete-rule = Supprimer { $rule }
remedy-enable-rule = Activer { $rule }
remedy-disable-rule = Désactiver { $rule }
remedy-let-calls-ring = Laisser sonner les appels sur { $device }
remedy-send-encrypted-messages = Envoyer tous les messages chiffrés à { $device }
remedy-enable-pusher = Activer { $device }
remedy-delete-pusher = Supprimer { $device }
remedy-send-a-test = Envoyer un test à { $device }
remedy-own-handle-with-the-rules = Donner à { $device } son propre identifiant, avec une copie des règles
remedy-own-handle-without-rules = Donner à { $device } son propre identifiant, sans règles

## Devices
devices-title = Appareils
devices-about = Les applications que ce serveur notifie pour vous, ce qu’elles font et ce qui ne va pas.
devices-none = Aucun de vos appareils ne reçoit encore de notifications
devices-none-about = Le premier écran montre comment en obtenir un.
devices-removed = Supprimés au cours des 30 derniers jours
devices-device = Appareil
devices-when = Supprimé
devices-why = Raison
device-arrived-unknown = inconnu : l’application ne récupère pas ce qui lui est annoncé
device-error = Dernière erreur
device-held = Retenu jusqu’à
device-waiting = File d’attente
device-gateway = Passerelle
device-gateway-none = aucune
device-handle = Identifiant
device-handle-none = aucun
device-app = App id
device-settings = Paramètres
device-enabled = Notifications sur cet appareil
device-badges = Envoyer le nombre pour l’icône de l’application
device-hold = Délai quand vous êtes actif sur un autre appareil
device-hold-hint = Ce que vous y lisez pendant ce temps n’est pas envoyé à cet appareil.
device-hold-none = aucun
removed-deleted = Supprimé par vous ou votre application
removed-rejected = Sa passerelle a signalé que l’appareil n’existe plus
removed-device-removed = L’appareil a été déconnecté
removed-taken-over = Un autre utilisateur s’est connecté sur l’appareil
removed-account-closed = Le compte a été fermé
removed-unsubscribed = L’abonnement a pris fin
removed-address-removed = L’adresse a été supprimée
removed-not-confirmed = Son application ne l’a pas confirmé

## Try a rule
try-title = Essayer une règle
try-about = Rien n’est envoyé ni enregistré tant que vous n’enregistrez pas la règle.
try-event = L’événement
try-room-hint = Un salon que vous avez rejoint, pour ses membres et votre nom dans ce salon. Peut rester vide.
try-event-json = Événement en JSON
try-bad-event = L’événement n’est pas du JSON : { $error }
try-rule = La règle
try-subject = Elle s’applique à
try-subject-word = messages avec un mot
try-subject-room = tout dans un salon
try-subject-sender = tout d’une personne
try-subject-conditions = conditions personnalisées
try-value-word = Mot ; * et ? remplacent n’importe quelles lettres
try-value-room = ID du salon
try-value-sender = ID utilisateur
try-value-conditions = Conditions sous forme de liste JSON
try-effect = Elle doit
try-effect-ring = sonner
try-effect-highlight = sonner et mettre en évidence
try-effect-quiet = notifier sans son
try-effect-mute = ne pas notifier
try-scope = Sur
try-all-devices = tous les appareils
try-do = Essayer
try-result = Ce qui se passerait
try-counts = L’événement vous notifierait.
try-counts-not = L’événement ne vous notifierait pas.
try-no-devices = Vous n’avez pas encore d’appareil, donc rien ne sonnerait.
try-rings = Sonne
try-silent = Notifie en silence
try-nothing = Rien
try-handle = Identifiant { $handle }
try-save-account = Enregistrer pour ce compte
try-save-device = Enregistrer pour cet appareil
try-saved = Enregistré

preview-title = { $count ->
    [one] Votre dernier événement avec cette règle
    [many] Vos { $count } derniers événements avec cette règle
   *[other] Vos { $count } derniers événements avec cette règle
}
preview-account = Nombre de non-lus
preview-none = rien ne change
preview-rings = { $count ->
    [one] { $count } de plus sonne
    [many] { $count } de plus sonnent
   *[other] { $count } de plus sonnent
}
preview-silent = { $count ->
    [one] { $count } devient silencieux
    [many] { $count } deviennent silencieux
   *[other] { $count } deviennent silencieux
}
preview-differs = { $count ->
    [one] { $count } sonne autrement
    [many] { $count } sonnent autrement
   *[other] { $count } sonnent autrement
}
preview-cut = Les règles sont trop coûteuses pour être évaluées sur tous.
change-rings = sonne
change-silent = devient silencieux
change-differs = sonne autrement

## A path without a screen
missing-title = Écran introuvable
missing-about = La console n’a pas d’écran à cette adresse.

## Administration
admin-title = Administration
admin-about = Les passerelles et les appareils de tous les utilisateurs. Les messages et les adresses des appareils ne sont pas affichés ici.
admin-alarms = Alertes
admin-no-alarms = Aucune alerte
admin-alarm = { $share } des push via { $gateway } sont arrivés { $window } ; d’habitude, c’est { $usual }.
admin-window-hour = au cours de la dernière heure
admin-window-day = au cours du dernier jour
admin-trouble = { $app } : { $reason }, depuis { $since }
admin-gateways = Passerelles
admin-no-gateways = Aucun appareil n’a encore de passerelle.
admin-gateway = Passerelle
admin-gateway-others = autres passerelles
admin-devices = Appareils
admin-failing = En échec
admin-queue = En attente
admin-oldest = En échec depuis
admin-hour = Arrivés, dernière heure
admin-day = Arrivés, dernier jour
admin-usual = Habituel
admin-share-unknown = inconnu
admin-apps = Applications de la passerelle de ce serveur
admin-no-apps = La passerelle de ce serveur n’a aucune application.
admin-app = Application
admin-app-state = État
admin-app-waiting = Requêtes
admin-app-requests = { $running } en cours, { $waiting } en attente
admin-app-expires = Expiration des identifiants d’accès
admin-app-ok = Fonctionne
admin-app-degraded = Fonctionne en partie
admin-app-failing = En échec
admin-app-alarmed = Refuse la plupart des appareils
admin-states = États des appareils
admin-state-count = { $count ->
    [one] { $count } appareil
    [many] { $count } appareils
   *[other] { $count } appareils
}
admin-users = Appareils des utilisateurs
admin-user = Utilisateur
admin-find = Rechercher un utilisateur ou un appareil
admin-no-users = Aucun appareil trouvé.
admin-error = Dernière erreur
admin-more = Charger plus
resend-do = Renvoyer
resend-to = à { $name }

## Utilisateurs
users-title = Utilisateurs
users-about = Les comptes de ce serveur. Un changement s’applique aussitôt.
users-find = Identifiant ou nom affiché
users-search = Rechercher
users-none = Aucun utilisateur trouvé.
users-seen = Dernière requête
users-admin = Administrateur
users-active = Actif
users-locked = Verrouillé
users-suspended = Suspendu
users-lock = Verrouiller
users-unlock = Déverrouiller
users-suspend = Suspendre
users-unsuspend = Lever la suspension
users-lock-about = Jusqu’à ce que vous le déverrouilliez, { $user } ne peut pas utiliser le compte, et rien n’est envoyé à ses appareils.
users-unlock-about = { $user } peut de nouveau utiliser le compte, et ses appareils sont de nouveau notifiés.
users-suspend-about = Jusqu’à ce que vous leviez la suspension, { $user } peut lire, mais ne peut ni envoyer ni modifier ce que les autres voient.
users-unsuspend-about = { $user } peut de nouveau envoyer, et modifier ce que les autres voient.
