## Everywhere
skip = İçeriğe geç
close = Kapat
cancel = Vazgeç
nav-label = Ekranlar
sign-out = Oturumu kapat
copy-link = Bağlantıyı kopyala
copy-json = JSON olarak kopyala
copy-done = Kopyalandı
copy-failed = Tarayıcınız kopyalamaya izin vermedi
clock-differs = Bu tarayıcının saati ile sunucunun saati arasında { $by } fark var. Aşağıdaki zamanlar sunucuya göredir.
theme-label = Tema: { $theme }
theme-system = sistemdeki gibi
theme-light = açık
theme-dark = koyu
language-label = Dil
time-now = az önce
time-never = hiçbir zaman

## States of every screen
state-loading = Yükleniyor
state-slow = Sunucu her zamankinden yavaş. Yanıt bekleniyor.
state-offline = Sunucuya ulaşılamıyor
state-forbidden = Bunu görme yetkiniz yok
state-missing = Burada görebileceğiniz bir şey yok
state-failed = Sunucu yanıt veremedi
state-retry = Yeniden dene

## Sign in
sign-in-title = Belfry
sign-in-about = Neden çaldı? Neden çalmadı? Bu sunucudaki Matrix hesabınızla oturum açın.
sign-in-user = Kullanıcı adı
sign-in-user-hint = Örneğin alice veya @alice:example.org
sign-in-password = Parola
sign-in-token = Erişim belirteci
sign-in-token-hint = Bir istemciye veya betiğe ait. Buradan çıkış yaptığınızda geçerli kalır.
sign-in-token-of-link = Açtığınız bağlantıyla geldi.
sign-in-registration = Kayıt belirteci
sign-in-registration-hint = Bu sunucunun bir yöneticisinden.
sign-in-registration-refused = Bu kayıt belirteci bilinmiyor, tükenmiş veya süresi dolmuş
sign-in-do = Oturum aç
sign-in-create = Hesabı oluştur
sign-in-with-account = Hesap oluştur
sign-in-new-user-hint = Küçük harfler, rakamlar ve . _ = / -
sign-in-busy = Oturum açılıyor …
sign-in-with-token = Erişim belirteci kullan
sign-in-with-password = Parola kullan
sign-in-refused = Kullanıcı adı veya parola yanlış
sign-in-token-refused = Sunucu bu erişim belirtecini tanımıyor

## Keys
keys-title = Tuşlar
keys-filter = Filtreye git
keys-next = Sonraki satır
keys-previous = Önceki satır
keys-open = Satırı aç
keys-back = Alandan çık veya listeye dön
keys-test = İlk test düğmesine git
keys-help = Bu liste
keys-switch = Tek harfli tuşları kullan

## Today
today-title = Bugün
today-devices = Cihazlarınız
today-recent = Son olanlar
today-all = Tüm yolculuklar
device-success = Son bildirim
device-failing = Hata başlangıcı
device-arrived = { $after } sonra ulaştı
device-last-arrived = Son ulaşan
device-usually = genelde { $after } sonra
device-not-seen = { $count ->
    [one] sonuncusu ulaşmadı
   *[other] son { $count } bildirim ulaşmadı
}
device-queued = { $count ->
    [one] 1 bildirim sırada
   *[other] { $count } bildirim sırada
}
pusher-ok = Çalıyor
pusher-unused = Henüz kullanılmadı
pusher-pending = Uygulaması onaylamadı
pusher-retrying = Yeniden deneniyor
pusher-failing = Hata veriyor
pusher-off = Kapalı
pusher-not-seen = Gönderildi, ama görülmedi
test-send = Test gönder
test-to = alıcı: { $name }
test-busy = Gönderiliyor …
test-ok = Gönderildi
test-rejected = Reddedildi: uygulamada böyle bir cihaz yok
test-unreachable = Ağ geçidine ulaşılamıyor
test-rate-limited = Ağ geçidi beklenmesini istiyor
test-not-registered = Böyle bir cihaz artık yok
test-blocked = Ağ geçidinin adresine izin verilmiyor
test-disabled = Cihaz kapalı
test-not-activated = Uygulama cihazı onaylamadı
test-unsupported = Bu tür cihazlar için test yok
first-title = Henüz hiçbir cihazınız bildirim almıyor
first-about = Uygulamalar, bildirimlerin nereye gönderileceğini sunucuya bildirir; buna pusher denir. Edinmenin iki yolu var:
first-client = Element X, FluffyChat veya SchildiChat uygulamasında { $user } olarak, { $server } sunucusuyla oturum açın ve bildirimlere izin verin.
first-curl = Ya da bu sunucuda bir test gelen kutusu oluşturun. TOKEN, size ait bir erişim belirtecidir:
first-waiting = İlk cihazınız bekleniyor. Bu sayfa kendiliğinden yenilenir.

ring-do = Bu tarayıcıyı çaldır
ring-step-permission = Tarayıcınız bildirim göstermek için izin istiyor …
ring-step-subscribe = Tarayıcınızın push hizmetine abone olunuyor …
ring-step-confirm = İlk push bekleniyor …
ring-step-ring = Çaldırılıyor …
ring-done = Gönderildi. Tarayıcınız şimdi bir bildirim gösteriyor.
ring-denied = Tarayıcınız bu sayfanın bildirimlerine izin vermiyor. Tarayıcının bu siteye ait ayarlarından izin verin.
ring-off = Bu sunucuda Web Push yok (push.web_push ayarı).
ring-no-service = Tarayıcınız push hizmetine abone olamadı.
ring-not-confirmed = İlk push 20 saniye içinde ulaşmadı. Sunucunun internete erişebildiğini kontrol edin.
ring-unsupported = Bu tarayıcıyı çaldırmak için konsolu https üzerinden veya localhost adresinde açın.
ring-app = Belfry konsolu
ring-device = Bu tarayıcı
ring-title = Çalıyor
ring-text = Belfry bu tarayıcıya ulaşıyor.

## Journeys
journeys-title = Yolculuklar
journeys-event = Olay kimliğiyle aç
list-event = Olay
list-why = Neden
list-no-devices = Cihaz yok
list-older = Daha eskileri yükle
list-news = { $count ->
    [one] 1 yeni
   *[other] { $count } yeni
}
list-total = { $count ->
    [one] 1 yolculuk
   *[other] { $count } yolculuk
}
list-total-at-least = { $count ->
    [one] En az 1 yolculuk
   *[other] En az { $count } yolculuk
}
list-none = Henüz bir şey olmadı
list-none-about = Size gönderilen her mesaj, neden çaldığı veya çalmadığıyla birlikte burada kendiliğinden görünür.
list-none-match = Eşleşen yolculuk yok
list-none-match-about = Bir filtreyi kaldırın veya bekleyin: yeni yolculuklar kendiliğinden görünür.
live-connecting = Bağlanıyor
live-live = Canlı
live-paused = Duraklatıldı
live-failed = 5 saniyede bir
live-pause = Duraklat
live-resume = Sürdür
filter-state = Durum
filter-device = Cihaz
filter-since = Zaman
filter-room = Oda kimliği
filter-all = Tümü
filter-clear = Filtreleri temizle
since-1h = Son 1 saat
since-24h = Son 24 saat
since-7d = Son 7 gün
device-state-sent = Gönderildi
device-state-waiting = Sırada
device-state-held = Bekletiliyor
device-state-failing = Hata veriyor
device-state-silent = Sessiz
device-state-read-first = Önce okundu
device-state-skipped = Atlandı
device-state-dropped = Kabul edilmedi
device-state-rejected = Reddedildi
device-state-off = Kapalı
device-state-unknown = Bilinmiyor
type-m-room-message = Mesaj
type-m-room-encrypted = Şifreli mesaj
type-m-room-member = Üyelik
type-m-call-invite = Arama
type-m-sticker = Çıkartma
type-m-room-topic = Konu
type-m-room-name = Oda adı
type-m-room-tombstone = Oda yükseltmesi
type-m-poll-start = Anket

## One journey
journey-title = Bir olayın yolculuğu
journey-decision = Karar
journey-devices = Cihazlar
journey-no-devices = Cihaz yoktu
journey-no-devices-about = Olay gönderildiğinde bu kullanıcının bildirim alan bir uygulaması yoktu.
journey-rule = Belirleyici kural:
journey-rules = Değerlendirme sırasına göre push kuralları
journey-rules-changed = Kurallar o zamandan beri değişti. Liste şimdiki kuralları gösterir; karar ise kaydedilmiş olandır.
journey-try = Bu olayda bir kural dene
journey-removed = Kaldırıldı
journey-untraced = Sunucu yolculukları kaydetmiyor (trace.enabled ayarı), bu yüzden denemeler eksik.
fact-when = Gönderilme
fact-sender = Gönderen
fact-room = Oda
fact-type = Tür
fact-user = Yolculuğun sahibi
fact-read = Okundu
fact-read-yes = evet
fact-read-no = henüz değil
fact-event = Olay kimliği
step-attempt = deneme { $number }
step-status = durum { $status }
step-next = sonraki deneme
step-unknown = Bilinmiyor
step-waiting = Sırada
step-held = Bekletiliyor

step-sent = Gönderildi
step-fetched = Ulaştı
step-rejected = Reddedildi
step-dropped = Kabul edilmedi
step-skipped = Gönderilmedi
step-cleared = Kaldırıldı
step-not-queued = Gönderilmedi
step-not-seen = Görülmedi
step-gateway = Ağ geçidinde
reason-no-rule-matched = Hiçbir kural eşleşmedi
reason-not-kept = Artık bilinmiyor
reason-wakes-only = Cihazı uyandırır
reason-rules-failed = Kurallar hata verdi
reason-not-fetched = Görülmedi
reason-read = Önce okundu
reason-gateway-failing = Ağ geçidi hata veriyor
reason-mail-server-failing = E-posta sunucusu hata veriyor
reason-suppressed-by-a-device-rule = Bu cihazda susturuldu
reason-does-not-notify = Bildirim vermez
reason-in-the-app-only = Yalnızca uygulamada
reason-collapsed = Yerini daha yenisi aldı
reason-active-elsewhere = Bekletiliyor: başka yerde etkin
reason-no-pushers = Cihaz yok
reason-set-after-the-event = Sonradan kuruldu
reason-pusher-disabled = Cihaz kapalıydı
reason-disabled = Cihaz kapalı
reason-not-activated = Uygulaması onaylamadı
reason-own-event = Kendi olayı
reason-not-a-member = Üye değil
reason-sender-is-ignored = Gönderen yok sayılıyor
reason-redacted = Silinmiş mesaj
reason-not-by-e-mail = E-postayla gönderilmez
remedy-2xx = Ağ geçidi yanıt verdi, ama bildirimi almadı. Nedenini işletmecisi günlüğünde bulabilir.
remedy-3xx = Ağ geçidi bir yönlendirmeyle yanıt verdi. Pusher için nihai adresi ayarlayın.
remedy-4xx = Ağ geçidi isteği reddediyor. Pusher'ın app id değerini ve adresini kontrol edin.
remedy-5xx = Ağ geçidinde bir arıza var. Sunucu kendiliğinden yeniden dener.
remedy-connection-refused = Ağ geçidinin adresinde dinleyen yok. Çalıştığını ve portunu kontrol edin.
remedy-dns = Ağ geçidinin ana makine adı bulunamadı. Pusher'ın adresini kontrol edin.
remedy-timeout = Ağ geçidi zamanında yanıt vermedi. Sunucu kendiliğinden yeniden dener.
remedy-tls = Ağ geçidinin sertifikasına güvenilmiyor. Sertifikayı yenileyin veya yetkilisini push.extra_ca ile ekleyin.
remedy-blocked-by-the-IP-policy = Adres herkese açık değil. Güveniyorsanız push.allow_ip_ranges ile izin verin.

## Rules
rules-not-matched = { $count ->
    [one] 1 kural eşleşmedi
   *[other] { $count } kural eşleşmedi
}
rules-not-reached = { $count ->
    [one] 1 kurala daha gerek kalmadı.
   *[other] { $count } kurala daha gerek kalmadı.
}
verdict-matched = Eşleşti
verdict-wakes-only = Cihazı uyandırır
verdict-no-match = Eşleşmedi
verdict-disabled = Kapalı
verdict-malformed = Biçimi bozuk
verdict-not-evaluated = Değerlendirilmedi
check-holds = Sağlanıyor
check-fails = Sağlanmıyor
check-expected = beklenen
check-actual = gerçek
check-nothing = hiçbir şey
condition-event-match = Olay bir kalıpla eşleşiyor
condition-event-property-is = Olayın bir özelliği belirli bir değerde
condition-event-property-contains = Olaydaki bir liste bir değeri içeriyor
condition-contains-display-name = Metinde adınız geçiyor
condition-room-member-count = Odada belirli sayıda üye var
condition-sender-notification-permission = Gönderen odaya bildirim verebilir
rule-own = Kendi kuralınız { $id } ({ $kind })
rule-device = yalnızca { $handle }
kind-override = üst öncelik
kind-content = kelime
kind-room = oda
kind-sender = gönderen
kind-underride = alt öncelik
rule-m-rule-master = Her şey sessizde
rule-m-rule-suppress-notices = Bot mesajları
rule-m-rule-invite-for-me = Size gelen davetler
rule-m-rule-member-event = Üye değişiklikleri
rule-m-rule-is-user-mention = Sizden bahsedilmesi
rule-m-rule-contains-display-name = Metinde adınızın geçmesi
rule-m-rule-is-room-mention = Odadan bahsedilmesi
rule-m-rule-roomnotif = Metinde @room geçmesi
rule-m-rule-tombstone = Oda yükseltmeleri
rule-m-rule-reaction = Tepkiler
rule-m-rule-room-server-acl = Odaların sunucu listeleri
rule-m-rule-suppress-edits = Mesaj düzenlemeleri
rule-m-rule-contains-user-name = Metinde kullanıcı adınızın geçmesi
rule-m-rule-call = Aramalar
rule-m-rule-encrypted-room-one-to-one = İki kişi arasındaki şifreli mesajlar
rule-m-rule-room-one-to-one = İki kişi arasındaki mesajlar
rule-m-rule-message = Mesajlar
rule-m-rule-encrypted = Şifreli mesajlar

## The table of rules
rules-title = Kurallar
rules-about = Neyin nerede çaldığı. Bir cihazın kuralı, yalnızca o cihaz için, hesabın kurallarından önce karar verir. Okunmamış sayıları yalnızca hesaba göredir.
rules-account = Hesap
rules-device = Cihaz
rules-filter = Oda bul
rules-rooms = Odalar
rules-senders = Kişiler
rules-contents = Kelimeler
rules-room = Oda
rules-sender = Kişi
rules-content = Kelime
rules-no-rooms = Oda bulunamadı.
rules-no-senders = Bir kişi için kural yok.
rules-no-contents = Bir kelime için kural yok.
rules-more = Daha fazla göster
rules-cell = { $what }, { $where }
rules-effect = Davranış
rules-period = Süre
rules-save = Kaydet
rules-add = Ekle
rules-add-sender = Bir kişinin kullanıcı kimliği
rules-add-content = Kelime; * ve ? herhangi harflerin yerine geçer
rules-other = Diğer kurallar
rules-own = Koşullu kurallarınız
rules-defaults = Varsayılan kurallar
rules-rule = Kural
rules-state = Durum
rules-actions = Değiştir
rules-on = Açık
rules-off = Kapalı
rules-switch-on = Aç
rules-switch-off = Kapat
rules-delete = Sil
rules-ends = bitiş
effect-inherits = Her zamanki gibi
effect-muted = Sessizde
effect-mentions = Yalnızca bahsetmeler
effect-silent = Sessiz
effect-quiet = Sessiz bildirim
effect-rings = Çalar
effect-highlight = Çalar ve vurgular
period-always = süresiz
period-hour = bir saat
period-work = sekiz saat
period-day = bir gün

## The doctor
doctor-title = Tanılama
doctor-nothing = Bildirimlerinizin ulaşmasını engelleyen bir şey yok
doctor-more = { $count ->
    [one] Bunlar düzeltilince bir bulgu daha görünür.
   *[other] Bunlar düzeltilince { $count } bulgu daha görünür.
}
severity-problem = Sorun
severity-warning = Uyarı
severity-hint = İpucu
finding-busy = Değiştiriliyor …
finding-done = Tamam
finding-no-pusher = Hiçbir cihazınız bildirim almıyor.
finding-notifications-are-off = Tüm bildirimler kapalı.
finding-no-process-delivers = Sunucu şu anda bildirim göndermiyor. Yeniden göndermeye başlayana kadar bildirimler bekler.
finding-pusher-is-failing = { $device } cihazına bildirim gönderilemiyor (başlangıç: { $since }).
finding-pusher-is-retrying = { $device } cihazına bildirim gönderilemiyor (başlangıç: { $since }).
finding-pusher-is-disabled = { $device } kapalı.
finding-pusher-is-not-confirmed = { $device } cihazındaki uygulama bildirim istediğini onaylamadı.
finding-pushes-do-not-arrive = { $device } kendisine bildirilenlerden hiçbirini almadı (başlangıç: { $since }).
finding-handle-is-shared = { $device } başka bir cihazla aynı kurallara sahip, çünkü ikisinin de tanıtıcısı { $handle }.
finding-device-rules-without-a-pusher = { $handle } tanıtıcısı için kurallar var, ama bu tanıtıcıya sahip cihaz yok.
finding-calls-cannot-ring = Aramalar { $device } cihazında çalamaz; nedeni şu kural: { $rule }.
finding-calls-in-a-room-cannot-ring = { $room } odasındaki aramalar { $device } cihazında çalamaz; nedeni şu kural: { $rule }.
finding-mentions-in-encrypted-rooms-are-hidden = { $count ->
    [one] Sunucu şifreli bir odadaki bahsetmeleri göremiyor; bunları görebilecek olan { $device } ise odanın mesajlarından haberdar edilmiyor.
   *[other] Sunucu { $count } şifreli odadaki bahsetmeleri göremiyor; bunları görebilecek olan { $device } ise odaların mesajlarından haberdar edilmiyor.
}
finding-rule-contradicts-itself = Şu kural asla eşleşemez, çünkü koşulları birbirini dışlıyor: { $rule }.
finding-rule-has-an-unknown-condition = Şu kural asla eşleşemez, çünkü sunucu koşullarından birini tanımıyor: { $rule }.
finding-rule-is-shadowed = Şu kural asla eşleşemez: { $rule }. Çünkü önce gelen şu kural aynı şeyle eşleşiyor: { $other }.
finding-rule-for-a-room-that-was-left = Şu kural, içinde olmadığınız bir oda için: { $rule }.
finding-room-is-muted-twice = { $room } iki kuralla sessize alınmış: { $other } ve { $rule }.
advice-no-pusher = Cihazınızda bir uygulamayla oturum açın ve bildirimlerine izin verin.
advice-notifications-are-off = Bildirim almak için bunları açın.
advice-no-process-delivers = Sunucunun yöneticilerine sorun. Hiçbir şey kaybolmaz.
advice-pusher-is-failing = Sunucu kendiliğinden yeniden dener. Uygulama cihazdan kaldırıldıysa bu cihazı silin; değilse ağ geçidinin onarılması gerekir.
advice-pusher-is-retrying = Sunucu kendiliğinden yeniden dener, hiçbir şey kaybolmaz.
advice-pusher-was-removed = Bildirimlere yeniden kaydolması için cihazdaki uygulamayı açın.
advice-pusher-is-disabled = Orada bildirim almak için cihazı açın.
advice-pusher-is-not-confirmed = Cihazdaki uygulamayı açın.
advice-pushes-do-not-arrive = Cihazdaki uygulamayı açın. Cihazın çevrimiçi olduğunu ve sisteminin uygulamaya bildirim alma ve arka planda çalışma izni verdiğini kontrol edin.
advice-handle-is-shared = Bu istenmiyorsa, bu cihaza kendi tanıtıcısını verin.
advice-device-rules-without-a-pusher = Bir uygulama bu tanıtıcıyla kaydolduğunda yeniden geçerli olurlar.
advice-calls-cannot-ring = O kuralı değiştirin veya aramalar için bir kural ekleyin.
advice-calls-in-a-room-cannot-ring = Bu odanın aramalarının çalmasına izin verin veya odayı sessizde bırakın.
advice-mentions-in-encrypted-rooms-are-hidden = Bahsetmeleri arayabilmesi için şifreli mesajları cihaza gönderin.
advice-rule-has-an-unknown-condition = Kuralı düzeltin veya silin.
advice-rule-contradicts-itself = Kuralı düzeltin veya silin.
advice-rule-is-shadowed = Birini silin veya sıralarını değiştirin.
advice-rule-for-a-room-that-was-left = Geri dönmeyi düşünmüyorsanız kuralı silin.
advice-room-is-muted-twice = Odadan yeniden bildirim almak için ikisi de silinmeli. Şimdi birini silin.
remedy-delete-rule = Kuralı sil: { $rule }
remedy-enable-rule = Kuralı aç: { $rule }
remedy-disable-rule = Kuralı kapat: { $rule }
remedy-let-calls-ring = Aramalar { $device } cihazında çalsın
remedy-send-encrypted-messages = Tüm şifreli mesajları { $device } cihazına gönder
remedy-enable-pusher = { $device } cihazını aç
remedy-delete-pusher = { $device } cihazını sil
remedy-send-a-test = { $device } cihazına test gönder
remedy-own-handle-with-the-rules = { $device } cihazına, kuralların bir kopyasıyla kendi tanıtıcısını ver
remedy-own-handle-without-rules = { $device } cihazına, kuralsız olarak kendi tanıtıcısını ver

## Devices
devices-title = Cihazlar
devices-about = Bu sunucunun sizin için bildirim gönderdiği uygulamalar, ne yaptıkları ve sorunları.
devices-none = Henüz hiçbir cihazınız bildirim almıyor
devices-none-about = İlk ekran nasıl ekleneceğini gösterir.
devices-removed = Son 30 günde kaldırılanlar
devices-device = Cihaz
devices-when = Kaldırılma
devices-why = Neden
device-arrived-unknown = bilinmiyor: uygulama kendisine bildirileni almıyor
device-error = Son hata
device-held = Şu zamana dek bekletiliyor
device-waiting = Kuyruk
device-gateway = Ağ geçidi
device-gateway-none = yok
device-handle = Tanıtıcı
device-handle-none = yok
device-app = App id
device-settings = Ayarlar
device-enabled = Bu cihazda bildirimler
device-badges = Uygulama simgesi için sayıyı gönder
device-hold = Başka bir cihazda etkinken bekleme süresi
device-hold-hint = Bu sürede orada okuduklarınız bu cihaza gönderilmez.
device-hold-none = bekleme yok
removed-deleted = Siz veya uygulamanız sildi
removed-rejected = Ağ geçidi cihazın artık olmadığını bildirdi
removed-device-removed = Cihazın oturumu kapatıldı
removed-taken-over = Cihazda başka bir kullanıcı oturum açtı
removed-account-closed = Hesap kapatıldı
removed-unsubscribed = Abonelik sona erdirildi
removed-address-removed = Adres kaldırıldı
removed-not-confirmed = Uygulaması onaylamadı

## Try a rule
try-title = Kural dene
try-about = Kuralı kaydedene kadar hiçbir şey gönderilmez ve saklanmaz.
try-event = Olay
try-room-hint = Üyeleri ve oradaki adınız için, katıldığınız bir oda. Boş bırakılabilir.
try-event-json = JSON olarak olay
try-bad-event = Olay JSON değil: { $error }
try-rule = Kural
try-subject = Kapsamı
try-subject-word = bir kelime içeren mesajlar
try-subject-room = bir odadaki her şey
try-subject-sender = bir kişiden gelen her şey
try-subject-conditions = kendi koşullarınız
try-value-word = Kelime; * ve ? herhangi harflerin yerine geçer
try-value-room = Oda kimliği
try-value-sender = Kullanıcı kimliği
try-value-conditions = JSON listesi olarak koşullar
try-effect = Ne yapsın
try-effect-ring = çalsın
try-effect-highlight = çalsın ve vurgulasın
try-effect-quiet = sessizce bildirsin
try-effect-mute = bildirmesin
try-scope = Nerede
try-all-devices = tüm cihazlarda
try-do = Dene
try-result = Ne olurdu
try-counts = Olay size bildirilirdi.
try-counts-not = Olay size bildirilmezdi.
try-no-devices = Henüz cihazınız yok, bu yüzden hiçbir şey çalmazdı.
try-rings = Çalar
try-silent = Sessizce bildirir
try-nothing = Hiçbir şey
try-handle = Tanıtıcı { $handle }
try-save-account = Bu hesap için kaydet
try-save-device = Bu cihaz için kaydet
try-saved = Kaydedildi

preview-title = { $count ->
    [one] Bu kuralla son olayınız
   *[other] Bu kuralla son { $count } olayınız
}
preview-account = Okunmamış sayıları
preview-none = hiçbir şey değişmez
preview-rings = { $count ->
    [one] 1 olay daha çalar
   *[other] { $count } olay daha çalar
}
preview-silent = { $count ->
    [one] 1 olay sessizleşir
   *[other] { $count } olay sessizleşir
}
preview-differs = { $count ->
    [one] 1 olay farklı çalar
   *[other] { $count } olay farklı çalar
}
preview-cut = Kuralları olayların tümünde değerlendirmek çok maliyetli.
change-rings = çalar
change-silent = sessizleşir
change-differs = farklı çalar

## A path without a screen
missing-title = Böyle bir ekran yok
missing-about = Konsolun bu adreste bir ekranı yok.

## Administration
admin-title = Yönetim
admin-about = Ağ geçitleri ve tüm kullanıcıların cihazları. Mesajlar ve cihaz adresleri burada gösterilmez.
admin-alarms = Alarmlar
admin-no-alarms = Alarm yok
admin-alarm = { $gateway } üzerinden gönderilenlerin son { $window } içinde ulaşma oranı: { $share }; genelde { $usual }.
admin-window-hour = bir saat
admin-window-day = bir gün
admin-trouble = { $app }: { $reason } (başlangıç: { $since })
admin-gateways = Ağ geçitleri
admin-no-gateways = Henüz hiçbir cihazın ağ geçidi yok.
admin-gateway = Ağ geçidi
admin-gateway-others = diğer ağ geçitleri
admin-devices = Cihazlar
admin-failing = Hata veren
admin-queue = Sırada
admin-oldest = Hata başlangıcı
admin-hour = Ulaşan, son bir saat
admin-day = Ulaşan, son bir gün
admin-usual = Olağan
admin-share-unknown = bilinmiyor
admin-apps = Bu sunucunun ağ geçidindeki uygulamalar
admin-no-apps = Bu sunucunun ağ geçidinde uygulama yok.
admin-app = Uygulama
admin-app-state = Durum
admin-app-waiting = İstekler
admin-app-requests = { $running } sürüyor, { $waiting } sırada
admin-app-expires = Kimlik bilgilerinin bitişi
admin-app-ok = Çalışıyor
admin-app-degraded = Kısmen çalışıyor
admin-app-failing = Hata veriyor
admin-app-alarmed = Çoğu cihazı reddediyor
admin-states = Cihazların durumları
admin-state-count = { $count ->
    [one] 1 cihaz
   *[other] { $count } cihaz
}
admin-users = Kullanıcıların cihazları
admin-user = Kullanıcı
admin-find = Kullanıcı veya cihaz bul
admin-no-users = Cihaz bulunamadı.
admin-error = Son hata
admin-more = Daha fazla yükle
resend-do = Yeniden gönder
resend-to = alıcı: { $name }

## Kullanıcılar
users-title = Kullanıcılar
users-about = Bu sunucunun hesapları. Bir değişiklik hemen geçerli olur.
users-find = Kullanıcı kimliği veya görünen ad
users-search = Ara
users-none = Kullanıcı bulunamadı.
users-seen = Son istek
users-admin = Yönetici
users-active = Etkin
users-locked = Kilitli
users-suspended = Askıda
users-lock = Kilitle
users-unlock = Kilidi aç
users-suspend = Askıya al
users-unsuspend = Askıyı kaldır
users-lock-about = Kilidi açana kadar { $user } hesabı kullanamaz ve cihazlarına hiçbir şey gönderilmez.
users-unlock-about = { $user } hesabı yeniden kullanabilir ve cihazları yeniden bildirim alır.
users-suspend-about = Askıyı kaldırana kadar { $user } okuyabilir, ama başkalarının gördüğü bir şeyi gönderemez veya değiştiremez.
users-unsuspend-about = { $user } yeniden gönderebilir ve başkalarının gördüklerini değiştirebilir.
