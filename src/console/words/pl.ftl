## Everywhere
skip = Przejdź do treści
close = Zamknij
cancel = Anuluj
nav-label = Ekrany
sign-out = Wyloguj
copy-link = Kopiuj link
copy-json = Kopiuj jako JSON
copy-done = Skopiowano
copy-failed = Przeglądarka nie pozwoliła na kopiowanie
clock-differs = Zegar tej przeglądarki różni się od zegara serwera o { $by }. Poniższe czasy pochodzą z serwera.
theme-label = Motyw: { $theme }
theme-system = jak w systemie
theme-light = jasny
theme-dark = ciemny
language-label = Język
time-now = przed chwilą
time-never = nigdy

## States of every screen
state-loading = Wczytywanie
state-slow = Serwer odpowiada dłużej niż zwykle. Trwa oczekiwanie.
state-offline = Serwer jest nieosiągalny
state-forbidden = Nie masz uprawnień, aby to zobaczyć
state-missing = Nie ma tu nic, co możesz zobaczyć
state-failed = Serwer nie mógł odpowiedzieć
state-retry = Spróbuj ponownie

## Sign in
sign-in-title = Belfry
sign-in-about = Dlaczego zadzwoniło? Dlaczego nie? Zaloguj się kontem Matrix z tego serwera.
sign-in-user = Nazwa użytkownika
sign-in-user-hint = Na przykład alice lub @alice:example.org
sign-in-password = Hasło
sign-in-token = Token dostępu
sign-in-token-hint = Z klienta lub skryptu. Pozostaje ważny po wylogowaniu się tutaj.
sign-in-token-of-link = Pochodzi z otwartego linku.
sign-in-registration = Token rejestracji
sign-in-registration-hint = Od administratora tego serwera.
sign-in-registration-refused = Ten token rejestracji jest nieznany, zużyty lub wygasł
sign-in-do = Zaloguj
sign-in-create = Utwórz konto
sign-in-with-account = Załóż konto
sign-in-new-user-hint = Małe litery, cyfry oraz . _ = / -
sign-in-busy = Logowanie …
sign-in-with-token = Użyj tokenu dostępu
sign-in-with-password = Użyj hasła
sign-in-refused = Nazwa użytkownika lub hasło są nieprawidłowe
sign-in-token-refused = Serwer nie zna tego tokenu dostępu

## Keys
keys-title = Klawisze
keys-filter = Przejdź do filtra
keys-next = Następny wiersz
keys-previous = Poprzedni wiersz
keys-open = Otwórz wiersz
keys-back = Opuść pole lub wróć do listy
keys-test = Przejdź do pierwszego przycisku testu
keys-help = Ta lista
keys-switch = Używaj skrótów jednoliterowych

## Today
today-title = Dzisiaj
today-devices = Twoje urządzenia
today-recent = Co się ostatnio działo
today-all = Wszystkie przebiegi
device-success = Ostatnie powiadomienie
device-failing = Błędy od
device-arrived = Dotarło po { $after }
device-last-arrived = Ostatnio dotarło
device-usually = zwykle po { $after }
device-not-seen = { $count ->
    [one] ostatnie nie dotarło
    [few] ostatnie { $count } nie dotarły
    [many] ostatnich { $count } nie dotarło
   *[other] ostatnie { $count } nie dotarło
}
device-queued = { $count ->
    [one] 1 oczekuje
    [few] { $count } oczekują
    [many] { $count } oczekuje
   *[other] { $count } oczekuje
}
pusher-ok = Dzwoni
pusher-unused = Jeszcze nieużywane
pusher-pending = Niepotwierdzone przez aplikację
pusher-retrying = Ponawianie
pusher-failing = Błędy
pusher-off = Wyłączone
pusher-not-seen = Wysłano, ale nie odebrano
test-send = Wyślij test
test-to = na { $name }
test-busy = Wysyłanie …
test-ok = Wysłano
test-rejected = Odrzucono: aplikacja nie ma takiego urządzenia
test-unreachable = Brama jest nieosiągalna
test-rate-limited = Brama prosi o odczekanie
test-not-registered = Tego urządzenia już nie ma
test-blocked = Adres bramy jest niedozwolony
test-disabled = Urządzenie jest wyłączone
test-not-activated = Aplikacja nie potwierdziła urządzenia
test-unsupported = Dla tego rodzaju urządzenia nie ma testu
first-title = Żadne z twoich urządzeń nie otrzymuje jeszcze powiadomień
first-about = Aplikacja mówi serwerowi, dokąd wysyłać powiadomienia; nazywa się to pusher. Można go uzyskać na dwa sposoby:
first-client = Zaloguj się w Element X, FluffyChat lub SchildiChat jako { $user }, z serwerem { $server }, i zezwól na powiadomienia.
first-curl = Albo utwórz testową skrzynkę na tym serwerze. TOKEN to twój token dostępu:
first-waiting = Oczekiwanie na pierwsze urządzenie. Ta strona odświeży się sama.

ring-do = Zadzwoń w tej przeglądarce
ring-step-permission = Przeglądarka pyta, czy może pokazywać powiadomienia …
ring-step-subscribe = Rejestrowanie w usłudze push przeglądarki …
ring-step-confirm = Oczekiwanie na pierwszy push …
ring-step-ring = Dzwonienie …
ring-done = Wysłano. Przeglądarka pokazuje teraz powiadomienie.
ring-denied = Przeglądarka nie zezwala na powiadomienia z tej strony. Zezwól na nie w ustawieniach przeglądarki dla tej witryny.
ring-off = Ten serwer nie ma Web Push (ustawienie push.web_push).
ring-no-service = Przeglądarka nie mogła zarejestrować się w swojej usłudze push.
ring-not-confirmed = Pierwszy push nie dotarł w ciągu 20 sekund. Sprawdź, czy serwer ma dostęp do internetu.
ring-unsupported = Aby zadzwonić w tej przeglądarce, otwórz konsolę przez https lub na localhost.
ring-app = Konsola Belfry
ring-device = Ta przeglądarka
ring-title = Dzwoni
ring-text = Belfry dociera do tej przeglądarki.

## Journeys
journeys-title = Przebiegi
journeys-event = Otwórz według ID zdarzenia
list-event = Zdarzenie
list-why = Dlaczego
list-no-devices = Brak urządzenia
list-older = Wczytaj starsze
list-news = { $count ->
    [one] 1 nowy
    [few] { $count } nowe
    [many] { $count } nowych
   *[other] { $count } nowego
}
list-total = { $count ->
    [one] 1 przebieg
    [few] { $count } przebiegi
    [many] { $count } przebiegów
   *[other] { $count } przebiegu
}
list-total-at-least = { $count ->
    [one] Co najmniej 1 przebieg
    [few] Co najmniej { $count } przebiegi
    [many] Co najmniej { $count } przebiegów
   *[other] Co najmniej { $count } przebiegu
}
list-none = Nic się jeszcze nie wydarzyło
list-none-about = Każda wiadomość, którą ktoś ci wyśle, pojawi się tu sama, wraz z powodem, dla którego zadzwoniła lub nie.
list-none-match = Brak pasujących przebiegów
list-none-match-about = Usuń filtr lub poczekaj: nowe przebiegi pojawiają się same.
live-connecting = Łączenie
live-live = Na żywo
live-paused = Wstrzymano
live-failed = Co 5 sekund
live-pause = Wstrzymaj
live-resume = Wznów
filter-state = Stan
filter-device = Urządzenie
filter-since = Czas
filter-room = ID pokoju
filter-all = Wszystkie
filter-clear = Wyczyść filtry
since-1h = Ostatnia godzina
since-24h = Ostatnie 24 godziny
since-7d = Ostatnie 7 dni
device-state-sent = Wysłano
device-state-waiting = Oczekuje
device-state-held = Wstrzymano
device-state-failing = Błędy
device-state-silent = Bez dźwięku
device-state-read-first = Już przeczytano
device-state-skipped = Pominięto
device-state-dropped = Odmowa
device-state-rejected = Odrzucono
device-state-off = Wyłączone
device-state-unknown = Nieznane
type-m-room-message = Wiadomość
type-m-room-encrypted = Zaszyfrowana wiadomość
type-m-room-member = Członkostwo
type-m-call-invite = Połączenie
type-m-sticker = Naklejka
type-m-room-topic = Temat
type-m-room-name = Nazwa pokoju
type-m-room-tombstone = Aktualizacja pokoju
type-m-poll-start = Ankieta

## One journey
journey-title = Przebieg zdarzenia
journey-decision = Decyzja
journey-devices = Urządzenia
journey-no-devices = Nie było żadnego urządzenia
journey-no-devices-about = Gdy zdarzenie zostało wysłane, ten użytkownik nie miał aplikacji otrzymującej powiadomienia.
journey-rule = Decydująca reguła:
journey-rules = Reguły push w kolejności sprawdzania
journey-rules-changed = Od tego czasu reguły się zmieniły. Lista pokazuje obecne reguły; decyzja jest ta zapisana.
journey-try = Wypróbuj regułę na tym zdarzeniu
journey-removed = Usunięto
journey-untraced = Serwer nie zapisuje przebiegów (ustawienie trace.enabled), więc brakuje prób.
fact-when = Wysłano
fact-sender = Nadawca
fact-room = Pokój
fact-type = Typ
fact-user = Przebieg dla
fact-read = Przeczytano
fact-read-yes = tak
fact-read-no = jeszcze nie
fact-event = ID zdarzenia
step-attempt = próba { $number }
step-status = status { $status }
step-next = następna próba
step-unknown = Nieznane
step-waiting = Oczekuje
step-held = Wstrzymano

step-sent = Wysłano
step-fetched = Dotarło
step-rejected = Odrzucono
step-dropped = Odmowa
step-skipped = Nie wysłano
step-cleared = Usunięto
step-not-queued = Nie wysłano
step-not-seen = Nie odebrano
step-gateway = W bramie
reason-no-rule-matched = Żadna reguła nie pasuje
reason-not-kept = Już nieznane
reason-wakes-only = Wybudza urządzenie
reason-rules-failed = Błąd reguł
reason-not-fetched = Nie odebrano
reason-read = Już przeczytano
reason-gateway-failing = Błędy bramy
reason-mail-server-failing = Błędy serwera poczty
reason-suppressed-by-a-device-rule = Wyciszone na tym urządzeniu
reason-does-not-notify = Nie powiadamia
reason-in-the-app-only = Tylko w aplikacji
reason-collapsed = Zastąpione nowszym
reason-active-elsewhere = Wstrzymano: aktywność gdzie indziej
reason-no-pushers = Brak urządzenia
reason-set-after-the-event = Skonfigurowane później
reason-pusher-disabled = Urządzenie było wyłączone
reason-disabled = Urządzenie jest wyłączone
reason-not-activated = Niepotwierdzone przez aplikację
reason-own-event = Własne zdarzenie
reason-not-a-member = Poza pokojem
reason-sender-is-ignored = Nadawca jest ignorowany
reason-redacted = Usunięta wiadomość
reason-not-by-e-mail = Nie przez e-mail
remedy-2xx = Brama odpowiedziała, ale nie przyjęła powiadomienia. Jej operator znajdzie powód w dzienniku.
remedy-3xx = Brama odpowiedziała przekierowaniem. Ustaw pusher z adresem docelowym.
remedy-4xx = Brama odmawia przyjęcia żądania. Sprawdź app id i adres pushera.
remedy-5xx = Brama ma awarię. Serwer sam ponowi próbę.
remedy-connection-refused = Pod adresem bramy nic nie nasłuchuje. Sprawdź, czy działa, oraz jej port.
remedy-dns = Nazwa hosta bramy nie istnieje. Sprawdź adres pushera.
remedy-timeout = Brama nie odpowiedziała na czas. Serwer sam ponowi próbę.
remedy-tls = Certyfikat bramy nie jest zaufany. Odnów go lub dodaj jego urząd za pomocą push.extra_ca.
remedy-blocked-by-the-IP-policy = Adres nie jest publiczny. Zezwól na niego za pomocą push.allow_ip_ranges, jeśli mu ufasz.

## Rules
rules-not-matched = { $count ->
    [one] 1 reguła nie pasowała
    [few] { $count } reguły nie pasowały
    [many] { $count } reguł nie pasowało
   *[other] { $count } reguły nie pasowało
}
rules-not-reached = { $count ->
    [one] Jeszcze 1 reguła nie była potrzebna.
    [few] Jeszcze { $count } reguły nie były potrzebne.
    [many] Jeszcze { $count } reguł nie było potrzebnych.
   *[other] Jeszcze { $count } reguły nie było potrzebne.
}
verdict-matched = Pasuje
verdict-wakes-only = Wybudza urządzenie
verdict-no-match = Nie pasuje
verdict-disabled = Wyłączona
verdict-malformed = Nieprawidłowa
verdict-not-evaluated = Niesprawdzona
check-holds = Spełniony
check-fails = Niespełniony
check-expected = oczekiwano
check-actual = jest
check-nothing = nic
condition-event-match = Zdarzenie pasuje do wzorca
condition-event-property-is = Właściwość zdarzenia ma daną wartość
condition-event-property-contains = Lista w zdarzeniu zawiera daną wartość
condition-contains-display-name = Tekst zawiera twoją nazwę
condition-room-member-count = Pokój ma daną liczbę członków
condition-sender-notification-permission = Nadawca może powiadamiać cały pokój
rule-own = Własna reguła { $id } ({ $kind })
rule-device = tylko { $handle }
kind-override = override
kind-content = słowo
kind-room = pokój
kind-sender = nadawca
kind-underride = underride
rule-m-rule-master = Wszystko jest wyciszone
rule-m-rule-suppress-notices = Wiadomości od botów
rule-m-rule-invite-for-me = Zaproszenia dla ciebie
rule-m-rule-member-event = Zmiany członków
rule-m-rule-is-user-mention = Wzmianki o tobie
rule-m-rule-contains-display-name = Twoja nazwa w tekście
rule-m-rule-is-room-mention = Wzmianki o pokoju
rule-m-rule-roomnotif = @room w tekście
rule-m-rule-tombstone = Aktualizacje pokojów
rule-m-rule-reaction = Reakcje
rule-m-rule-room-server-acl = Listy serwerów pokojów
rule-m-rule-suppress-edits = Edycje wiadomości
rule-m-rule-contains-user-name = Twoja nazwa użytkownika w tekście
rule-m-rule-call = Połączenia
rule-m-rule-encrypted-room-one-to-one = Zaszyfrowane wiadomości dwóch osób
rule-m-rule-room-one-to-one = Wiadomości dwóch osób
rule-m-rule-message = Wiadomości
rule-m-rule-encrypted = Zaszyfrowane wiadomości

## The table of rules
rules-title = Reguły
rules-about = Co gdzie dzwoni. Reguła urządzenia decyduje przed regułami konta, tylko dla tego urządzenia. Liczniki nieprzeczytanych zależą tylko od konta.
rules-account = Konto
rules-device = Urządzenie
rules-filter = Znajdź pokój
rules-rooms = Pokoje
rules-senders = Osoby
rules-contents = Słowa
rules-room = Pokój
rules-sender = Osoba
rules-content = Słowo
rules-no-rooms = Nie znaleziono pokoju.
rules-no-senders = Brak reguł dla osób.
rules-no-contents = Brak reguł dla słów.
rules-more = Pokaż więcej
rules-cell = { $what }, { $where }
rules-effect = Działanie
rules-period = Jak długo
rules-save = Zapisz
rules-add = Dodaj
rules-add-sender = ID użytkownika danej osoby
rules-add-content = Słowo; * i ? zastępują dowolne litery
rules-other = Inne reguły
rules-own = Twoje reguły z warunkami
rules-defaults = Reguły domyślne
rules-rule = Reguła
rules-state = Stan
rules-actions = Zmiana
rules-on = Włączona
rules-off = Wyłączona
rules-switch-on = Włącz
rules-switch-off = Wyłącz
rules-delete = Usuń
rules-ends = koniec
effect-inherits = Jak zwykle
effect-muted = Wyciszone
effect-mentions = Tylko wzmianki
effect-silent = Bez dźwięku
effect-quiet = Powiadamia bez dźwięku
effect-rings = Dzwoni
effect-highlight = Dzwoni i wyróżnia
period-always = zawsze
period-hour = godzinę
period-work = osiem godzin
period-day = dobę

## The doctor
doctor-title = Diagnostyka
doctor-nothing = Nic nie blokuje twoich powiadomień
doctor-more = { $count ->
    [one] Po usunięciu tych problemów pojawi się jeszcze jeden.
    [few] Po usunięciu tych problemów pojawią się jeszcze { $count }.
    [many] Po usunięciu tych problemów pojawi się jeszcze { $count }.
   *[other] Po usunięciu tych problemów pojawi się jeszcze { $count }.
}
severity-problem = Problem
severity-warning = Ostrzeżenie
severity-hint = Wskazówka
finding-busy = Zmienianie …
finding-done = Gotowe
finding-no-pusher = Żadne z twoich urządzeń nie otrzymuje powiadomień.
finding-notifications-are-off = Wszystkie powiadomienia są wyłączone.
finding-no-process-delivers = Serwer nie wysyła teraz powiadomień. Czekają, aż znów zacznie.
finding-pusher-is-failing = Powiadomienia na urządzenie { $device } nie dochodzą od: { $since }.
finding-pusher-is-retrying = Powiadomienia na urządzenie { $device } nie dochodzą od: { $since }.
finding-pusher-is-disabled = Urządzenie { $device } jest wyłączone.
finding-pusher-is-not-confirmed = Aplikacja na urządzeniu { $device } nie potwierdziła, że chce otrzymywać powiadomienia.
finding-pushes-do-not-arrive = Urządzenie { $device } nie pobrało nic z tego, o czym je powiadomiono, od: { $since }.
finding-handle-is-shared = Urządzenie { $device } ma te same reguły co inne urządzenie, bo oba mają identyfikator { $handle }.
finding-device-rules-without-a-pusher = Istnieją reguły dla identyfikatora { $handle }, ale nie ma go żadne urządzenie.
finding-calls-cannot-ring = Połączenia nie mogą dzwonić na urządzeniu { $device } z powodu tej reguły: { $rule }.
finding-calls-in-a-room-cannot-ring = Połączenia w pokoju { $room } nie mogą dzwonić na urządzeniu { $device } z powodu tej reguły: { $rule }.
finding-mentions-in-encrypted-rooms-are-hidden = { $count ->
    [one] Serwer nie widzi wzmianek w zaszyfrowanym pokoju, a urządzenie { $device }, które mogłoby je zobaczyć, nie dowiaduje się o wiadomościach z tego pokoju.
    [few] Serwer nie widzi wzmianek w { $count } zaszyfrowanych pokojach, a urządzenie { $device }, które mogłoby je zobaczyć, nie dowiaduje się o wiadomościach z tych pokojów.
    [many] Serwer nie widzi wzmianek w { $count } zaszyfrowanych pokojach, a urządzenie { $device }, które mogłoby je zobaczyć, nie dowiaduje się o wiadomościach z tych pokojów.
   *[other] Serwer nie widzi wzmianek w { $count } zaszyfrowanego pokoju, a urządzenie { $device }, które mogłoby je zobaczyć, nie dowiaduje się o wiadomościach z tych pokojów.
}
finding-rule-contradicts-itself = Reguła „{ $rule }” nigdy nie zadziała, bo jej warunki wzajemnie się wykluczają.
finding-rule-has-an-unknown-condition = Reguła „{ $rule }” nigdy nie zadziała, bo serwer nie zna jednego z jej warunków.
finding-rule-is-shadowed = Reguła „{ $rule }” nigdy nie zadziała, bo wcześniej działa reguła pasująca do tego samego: { $other }.
finding-rule-for-a-room-that-was-left = Reguła „{ $rule }” dotyczy pokoju, w którym cię nie ma.
finding-room-is-muted-twice = Pokój { $room } wyciszają dwie reguły: { $other } i { $rule }.
advice-no-pusher = Zaloguj się w aplikacji na swoim urządzeniu i zezwól jej na powiadomienia.
advice-notifications-are-off = Włącz je, aby cokolwiek do ciebie docierało.
advice-no-process-delivers = Skontaktuj się z administratorami serwera. Nic nie zginie.
advice-pusher-is-failing = Serwer sam ponawia próby. Jeśli aplikacji nie ma już na urządzeniu, usuń to urządzenie; w przeciwnym razie trzeba naprawić jego bramę.
advice-pusher-is-retrying = Serwer sam ponawia próby i nic nie przepada.
advice-pusher-was-removed = Otwórz aplikację na urządzeniu, aby ponownie zarejestrowała się do powiadomień.
advice-pusher-is-disabled = Włącz je, aby otrzymywać tam powiadomienia.
advice-pusher-is-not-confirmed = Otwórz aplikację na urządzeniu.
advice-pushes-do-not-arrive = Otwórz aplikację na urządzeniu. Sprawdź, czy urządzenie jest online oraz czy system pozwala aplikacji otrzymywać powiadomienia i działać w tle.
advice-handle-is-shared = Jeśli to niezamierzone, nadaj temu urządzeniu własny identyfikator.
advice-device-rules-without-a-pusher = Zadziałają znowu, gdy aplikacja zarejestruje się z tym identyfikatorem.
advice-calls-cannot-ring = Zmień tę regułę lub dodaj regułę dla połączeń.
advice-calls-in-a-room-cannot-ring = Pozwól połączeniom z tego pokoju dzwonić albo zostaw go wyciszonym.
advice-mentions-in-encrypted-rooms-are-hidden = Wysyłaj zaszyfrowane wiadomości na urządzenie, aby mogło szukać wzmianek.
advice-rule-has-an-unknown-condition = Popraw regułę lub ją usuń.
advice-rule-contradicts-itself = Popraw regułę lub ją usuń.
advice-rule-is-shadowed = Usuń jedną z nich lub zmień ich kolejność.
advice-rule-for-a-room-that-was-left = Usuń regułę, jeśli nie zamierzasz wracać.
advice-room-is-muted-twice = Aby znów otrzymywać powiadomienia z pokoju, trzeba usunąć obie. Usuń teraz jedną z nich.
remedy-delete-rule = Usuń „{ $rule }”
remedy-enable-rule = Włącz „{ $rule }”
remedy-disable-rule = Wyłącz „{ $rule }”
remedy-let-calls-ring = Pozwól połączeniom dzwonić na urządzeniu { $device }
remedy-send-encrypted-messages = Wysyłaj wszystkie zaszyfrowane wiadomości na urządzenie { $device }
remedy-enable-pusher = Włącz urządzenie { $device }
remedy-delete-pusher = Usuń urządzenie { $device }
remedy-send-a-test = Wyślij test na urządzenie { $device }
remedy-own-handle-with-the-rules = Nadaj urządzeniu { $device } własny identyfikator z kopią reguł
remedy-own-handle-without-rules = Nadaj urządzeniu { $device } własny identyfikator bez reguł

## Devices
devices-title = Urządzenia
devices-about = Aplikacje, do których ten serwer wysyła twoje powiadomienia, co robią i co z nimi nie tak.
devices-none = Żadne z twoich urządzeń nie otrzymuje jeszcze powiadomień
devices-none-about = Pierwszy ekran pokazuje, jak je dodać.
devices-removed = Usunięte w ciągu ostatnich 30 dni
devices-device = Urządzenie
devices-when = Usunięto
devices-why = Dlaczego
device-arrived-unknown = nie wiadomo: aplikacja nie pobiera tego, o czym jest powiadamiana
device-error = Ostatni błąd
device-held = Wstrzymano do
device-waiting = Kolejka
device-gateway = Brama
device-gateway-none = brak
device-handle = Identyfikator
device-handle-none = brak
device-app = App id
device-settings = Ustawienia
device-enabled = Powiadomienia na tym urządzeniu
device-badges = Wysyłaj liczbę na ikonę aplikacji
device-hold = Gdy używasz innego urządzenia, czekaj
device-hold-hint = To, co w tym czasie tam przeczytasz, nie zostanie wysłane na to urządzenie.
device-hold-none = bez czekania
removed-deleted = Usunięte przez ciebie lub twoją aplikację
removed-rejected = Brama zgłosiła, że urządzenia już nie ma
removed-device-removed = Urządzenie zostało wylogowane
removed-taken-over = Na urządzeniu zalogował się inny użytkownik
removed-account-closed = Konto zostało zamknięte
removed-unsubscribed = Subskrypcja została zakończona
removed-address-removed = Adres został usunięty
removed-not-confirmed = Aplikacja go nie potwierdziła

## Try a rule
try-title = Wypróbuj regułę
try-about = Nic nie zostanie wysłane ani zapisane, dopóki nie zapiszesz reguły.
try-event = Zdarzenie
try-room-hint = Pokój, w którym jesteś, ze względu na jego członków i twoją nazwę w nim. Może być puste.
try-event-json = Zdarzenie jako JSON
try-bad-event = Zdarzenie nie jest w formacie JSON: { $error }
try-rule = Reguła
try-subject = Dotyczy
try-subject-word = wiadomości ze słowem
try-subject-room = wszystkiego w pokoju
try-subject-sender = wszystkiego od danej osoby
try-subject-conditions = zdarzeń spełniających własne warunki
try-value-word = Słowo; * i ? zastępują dowolne litery
try-value-room = ID pokoju
try-value-sender = ID użytkownika
try-value-conditions = Warunki jako lista JSON
try-effect = Ma
try-effect-ring = dzwonić
try-effect-highlight = dzwonić i wyróżniać
try-effect-quiet = powiadamiać bez dźwięku
try-effect-mute = nie powiadamiać
try-scope = Gdzie
try-all-devices = wszystkie urządzenia
try-do = Wypróbuj
try-result = Co by się stało
try-counts = Zdarzenie wywołałoby powiadomienie.
try-counts-not = Zdarzenie nie wywołałoby powiadomienia.
try-no-devices = Nie masz jeszcze urządzenia, więc nic by nie zadzwoniło.
try-rings = Dzwoni
try-silent = Powiadamia bez dźwięku
try-nothing = Nic
try-handle = Identyfikator { $handle }
try-save-account = Zapisz dla tego konta
try-save-device = Zapisz dla tego urządzenia
try-saved = Zapisano

preview-title = { $count ->
    [one] Twoje ostatnie zdarzenie z tą regułą
    [few] Twoje ostatnie { $count } zdarzenia z tą regułą
    [many] Twoich ostatnich { $count } zdarzeń z tą regułą
   *[other] Twoje ostatnie { $count } zdarzenia z tą regułą
}
preview-account = Liczniki nieprzeczytanych
preview-none = nic się nie zmienia
preview-rings = { $count ->
    [one] o 1 dzwoniące więcej
    [few] o { $count } dzwoniące więcej
    [many] o { $count } dzwoniących więcej
   *[other] o { $count } dzwoniącego więcej
}
preview-silent = { $count ->
    [one] 1 milknie
    [few] { $count } milkną
    [many] { $count } milknie
   *[other] { $count } milknie
}
preview-differs = { $count ->
    [one] 1 brzmi inaczej
    [few] { $count } brzmią inaczej
    [many] { $count } brzmi inaczej
   *[other] { $count } brzmi inaczej
}
preview-cut = Reguły są zbyt kosztowne, aby sprawdzić je na wszystkich zdarzeniach.
change-rings = dzwoni
change-silent = milknie
change-differs = brzmi inaczej

## A path without a screen
missing-title = Nie ma takiego ekranu
missing-about = Konsola nie ma ekranu pod tym adresem.

## Administration
admin-title = Administracja
admin-about = Bramy i urządzenia wszystkich użytkowników. Wiadomości i adresy urządzeń nie są tu pokazywane.
admin-alarms = Alarmy
admin-no-alarms = Brak alarmów
admin-alarm = W ciągu ostatniej { $window } przez bramę { $gateway } dotarło { $share } powiadomień push; zwykle dociera { $usual }.
admin-window-hour = godziny
admin-window-day = doby
admin-trouble = { $app }: { $reason }, od: { $since }
admin-gateways = Bramy
admin-no-gateways = Żadne urządzenie nie ma jeszcze bramy.
admin-gateway = Brama
admin-gateway-others = inne bramy
admin-devices = Urządzenia
admin-failing = Błędy
admin-queue = Oczekujące
admin-oldest = Błędy od
admin-hour = Dotarło, ostatnia godzina
admin-day = Dotarło, ostatnia doba
admin-usual = Zwykle
admin-share-unknown = nie wiadomo
admin-apps = Aplikacje bramy tego serwera
admin-no-apps = Brama tego serwera nie ma aplikacji.
admin-app = Aplikacja
admin-app-state = Stan
admin-app-waiting = Żądania
admin-app-requests = w toku: { $running }, oczekujące: { $waiting }
admin-app-expires = Dane logowania wygasają
admin-app-ok = Działa
admin-app-degraded = Działa częściowo
admin-app-failing = Błędy
admin-app-alarmed = Odmawia większości urządzeń
admin-states = Stany urządzeń
admin-state-count = { $count ->
    [one] 1 urządzenie
    [few] { $count } urządzenia
    [many] { $count } urządzeń
   *[other] { $count } urządzenia
}
admin-users = Urządzenia użytkowników
admin-user = Użytkownik
admin-find = Znajdź użytkownika lub urządzenie
admin-no-users = Nie znaleziono urządzenia.
admin-error = Ostatni błąd
admin-more = Wczytaj więcej
resend-do = Wyślij ponownie
resend-to = na { $name }

## Użytkownicy
users-title = Użytkownicy
users-about = Konta na tym serwerze. Zmiana działa od razu.
users-find = Identyfikator lub nazwa wyświetlana
users-search = Szukaj
users-none = Nie znaleziono użytkownika.
users-seen = Ostatnie żądanie
users-admin = Administrator
users-active = Aktywne
users-locked = Zablokowane
users-suspended = Zawieszone
users-lock = Zablokuj
users-unlock = Odblokuj
users-suspend = Zawieś
users-unsuspend = Zakończ zawieszenie
users-lock-about = Dopóki go nie odblokujesz, { $user } nie może używać konta i nic nie jest wysyłane na jego urządzenia.
users-unlock-about = { $user } może znów używać konta, a jego urządzenia znów dostają powiadomienia.
users-suspend-about = Dopóki nie zakończysz zawieszenia, { $user } może czytać, ale nie może wysyłać ani zmieniać tego, co widzą inni.
users-unsuspend-about = { $user } może znów wysyłać i zmieniać to, co widzą inni.
