import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.YearMonth;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;

/**
 * A vendor's system in one file: a JDK of version 17 or later, nothing else. {@code java Vendor.java} runs it.
 *
 * <p>It does one task per run, as the counterparty's environment variables describe it ({@code SKATT_TASK} and
 * so on), keeps its data in {@code SKATT_FOLDER} and writes what it concluded to {@code SKATT_RESULT}. Every rule
 * of the protocols is explained where it is followed. {@code --mistake NAME} makes one mistake that is typical of
 * Java systems instead; {@code --list-mistakes} names them, and {@link Mistake} says what each one is.
 *
 * <p>The client is {@code MASKINPORTEN_CLIENT_ID} with the key in {@code VENDOR_KEY} (PEM, PKCS#8), named by
 * {@code VENDOR_KID}, or by the certificates in {@code VENDOR_CHAIN} (PEM, the enterprise certificate first, the
 * root last). {@code VENDOR_CA} (PEM) adds a test authority to those that are trusted.
 */
public final class Vendor {
    private Vendor() {}

    public static void main(String[] arguments) throws IOException {
        // Without this, java.net.http sends a GET a second time, unseen, when the connection ends before the
        // first byte of the answer, whether the connection was new or kept alive; it does not do so with a POST.
        // (HttpURLConnection does: sun.net.http.retryPost.) Attempts are counted and spaced here, and nowhere
        // else. It has to be set before the first use of the client.
        System.setProperty("jdk.httpclient.redirects.retrylimit", "1");
        if (arguments.length == 1 && arguments[0].equals("--list-mistakes")) {
            Arrays.stream(Mistake.values()).forEach(System.out::println);
            return;
        }
        if (arguments.length == 2 && arguments[0].equals("--mistake")) {
            Mistake.chosen = Optional.of(Mistake.named(arguments[1]));
        }
        System.exit(new Run().perform() ? 0 : 1);
    }

    // --- one task ------------------------------------------------------------------------------------------

    /** What has to be done, from the environment. */
    record Task(String name, List<Customer> customers, Path folder) {
        static Task fromEnvironment() {
            List<Customer> customers = split(variable("SKATT_CUSTOMERS", ""), ",").map(Customer::parse).toList();
            return new Task(variable("SKATT_TASK"), customers, Path.of(variable("SKATT_FOLDER")));
        }

        List<Path> files() {
            return split(variable("SKATT_FILES", ""), Pattern.quote(java.io.File.pathSeparator)).map(Path::of).toList();
        }

        List<LocalDate> payDates() {
            return split(variable("SKATT_PAY_DATES", ""), ",").map(LocalDate::parse).toList();
        }

        boolean forOwnOrganisation() {
            return variable("SKATT_ACCESS", "").equals("own-organisation");
        }

        private static Stream<String> split(String text, String separator) {
            return Arrays.stream(text.split(separator)).filter(part -> !part.isEmpty());
        }
    }

    /** The organisation that is acted for, and which of its system users; an empty reference where it has none. */
    record Customer(String organisation, String externalRef) {
        static Customer parse(String text) {
            String[] parts = text.split(":", 2);
            return new Customer(parts[0], parts.length > 1 ? parts[1] : "");
        }

        /** The name of its data. Two system users of one organisation are two customers in everything. */
        String shelf() {
            return organisation + ":" + externalRef;
        }

        String described() {
            return "organisation " + organisation + (externalRef.isEmpty() ? "" : ", externalRef " + externalRef);
        }
    }

    /** Something that a person has to know. */
    static final class Problem extends Exception {
        private static final long serialVersionUID = 1;
        /** The status of the answer, 0 without one. */
        final int status;

        Problem(String message) {
            this(message, 0);
        }

        Problem(String message, int status) {
            super(message);
            this.status = status;
        }

        /** Whether the service has looked at the request and refuses it: sending it again changes nothing. */
        boolean isRefusal() {
            return status >= 400 && status < 500;
        }
    }

    static String variable(String name) {
        String value = System.getenv(name);
        if (value == null) {
            throw new IllegalStateException("the environment variable " + name + " is missing");
        }
        return value;
    }

    static String variable(String name, String otherwise) {
        return Optional.ofNullable(System.getenv(name)).orElse(otherwise);
    }

    /** One run: does the task for each customer, and tells what came of it. */
    static final class Run {
        private final Task task = Task.fromEnvironment();
        private final List<String> messages = new ArrayList<>();
        private final Map<String, Json> told = new LinkedHashMap<>();
        private boolean failed;

        boolean perform() throws IOException {
            try {
                start();
            } catch (Problem | RuntimeException problem) {
                report(problem);
            }
            told.put("outcome", Json.of(failed ? "failed" : "ok"));
            told.put("messages", Json.of(messages));
            Store.write(Path.of(variable("SKATT_RESULT")), new Json.Obj(told).bytes());
            messages.forEach(System.err::println);
            return !failed;
        }

        private void start() throws Problem, IOException {
            // Every address is looked at before anything is sent to any of them, Maskinporten included.
            for (String base : List.of("SKATT_TREKKPAALEGG", "SKATT_FINANSPRODUKTER", "SKATT_DIALOGPORTEN")) {
                Connections.requireTestHost(URI.create(variable(base)));
            }
            if (task.forOwnOrganisation()) {
                messages.add("acting for the own organisation " + variable("SKATT_CUSTOMERS"));
            }
            Api api = new Api(new Tokens(task.forOwnOrganisation()));
            switch (task.name()) {
                case "fetch", "poll", "withholding", "lookup" -> trekkpaalegg(new Orders(task.folder(), api, messages));
                case "submit", "correct", "resume", "feedback" ->
                    finansprodukter(new Submissions(task.folder(), api, messages));
                default -> throw new Problem("there is no task " + task.name());
            }
        }

        private void trekkpaalegg(Orders orders) {
            for (Customer customer : task.customers()) {
                attempt(() -> {
                    switch (task.name()) {
                        case "fetch" -> orders.fetch(customer);
                        case "lookup" -> orders.lookup(customer, variable("SKATT_TREKKID"), variable("SKATT_TREKKVERSJON"));
                        default -> orders.poll(customer, variable("SKATT_PAGE_SIZE", "100"));
                    }
                });
            }
            if (!task.name().equals("lookup")) {
                told.putAll(orders.conclusion());
            }
            if (task.name().equals("withholding")) {
                told.putAll(Withholding.conclusion(orders.all(), task.payDates()));
            }
        }

        private void finansprodukter(Submissions submissions) {
            for (Path file : task.files()) {
                attempt(() -> submissions.add(file, task.customers().get(0)));
            }
            for (Submission submission : submissions.all()) {
                attempt(() -> {
                    switch (task.name()) {
                        case "feedback" -> submissions.readFeedback(submission);
                        default -> submissions.send(submission, task.name().equals("resume"));
                    }
                });
            }
            told.putAll(submissions.conclusion());
        }

        private interface Work {
            void run() throws Problem, IOException;
        }

        /** Trouble with one customer or one report keeps nobody else from being served. */
        private void attempt(Work work) {
            try {
                work.run();
            } catch (Problem | IOException | RuntimeException problem) {
                report(problem);
            }
        }

        private void report(Exception problem) {
            // A problem of our own is a sentence. Anything else may quote data: only its kind is shown.
            messages.add(problem instanceof Problem ? problem.getMessage() : "internal error: " + problem.getClass().getName());
            if (!Mistake.SWALLOWS_EXCEPTIONS.made()) {
                failed = true;
            }
        }
    }

    // --- connections -----------------------------------------------------------------------------------------

    record Answer(int status, HttpHeaders headers, byte[] body) {
        Optional<Json.Obj> object() {
            try {
                return Json.parse(body) instanceof Json.Obj object ? Optional.of(object) : Optional.empty();
            } catch (Json.Malformed malformed) {
                return Optional.empty();
            }
        }
    }

    static final class Connections {
        private static final Set<String> LOOPBACK = Set.of("127.0.0.1", "localhost", "[::1]");
        private static final Pattern TEST_HOSTS = Pattern.compile(
            "api-test\\.sits\\.no|[a-z]+\\.api\\.skatteetaten-test\\.no|test\\.maskinporten\\.no|platform\\.tt02\\.altinn\\.no");
        private static final Duration WHOLE_EXCHANGE = Duration.ofSeconds(60);
        private static final int LARGEST_ANSWER = 64 * 1024 * 1024;

        // HTTP/1.1: over clear text the default offers an upgrade to HTTP/2 with every request. Redirects are not
        // followed (the default): the token must not travel to wherever an answer points.
        private static final HttpClient CLIENT = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(10))
            .sslContext(trust())
            .build();

        /** Known test hosts over TLS, and this machine: never production, never a token in clear text. */
        static void requireTestHost(URI address) throws Problem {
            String host = Optional.ofNullable(address.getHost()).orElse("").toLowerCase(Locale.ROOT);
            boolean here = LOOPBACK.contains(host);
            if (!here && !(TEST_HOSTS.matcher(host).matches() && "https".equals(address.getScheme()))) {
                throw new Problem("\"" + host + "\" is no test host: nothing is sent there");
            }
        }

        /** One request, sent once. An answer that did not arrive whole is an IOException, never a short body. */
        static Answer send(HttpRequest request) throws IOException {
            // HttpRequest.timeout() would end with the headers; a body that stalls has to end as well.
            var exchange = CLIENT.sendAsync(request, BodyHandlers.ofInputStream()).thenApplyAsync(response -> {
                try (InputStream stream = response.body()) {
                    byte[] body = stream.readNBytes(LARGEST_ANSWER + 1);
                    if (body.length > LARGEST_ANSWER) {
                        throw new IOException("the answer is too large");
                    }
                    return new Answer(response.statusCode(), response.headers(), body);
                } catch (IOException problem) {
                    throw new UncheckedIOException(problem);
                }
            });
            try {
                return exchange.get(WHOLE_EXCHANGE.toSeconds(), TimeUnit.SECONDS);
            } catch (ExecutionException problem) {
                throw new IOException(problem.getCause());
            } catch (TimeoutException problem) {
                exchange.cancel(true);
                throw new IOException(problem);
            } catch (InterruptedException problem) {
                Thread.currentThread().interrupt();
                throw new IOException(problem);
            }
        }

        /** A certificate that cannot be trusted will not be better the next time. */
        static boolean isDistrust(Throwable problem) {
            return problem != null && (problem instanceof CertificateException || isDistrust(problem.getCause()));
        }

        static String kindOf(IOException problem) {
            Throwable cause = problem;
            while (cause.getCause() != null && cause.getCause() != cause) {
                cause = cause.getCause();
            }
            return cause.getClass().getSimpleName();
        }

        /**
         * Which certificates are trusted: those that Java trusts, and a test authority where one is named. It is
         * only added to the list of authorities: the checks of chain, time and host name stay Java's own. A trust
         * manager of one's own is where they get lost.
         */
        private static SSLContext trust() {
            try {
                SSLContext context = SSLContext.getInstance("TLS");
                TrustManager[] managers = null;
                String own = System.getenv("VENDOR_CA");
                if (Mistake.TRUSTS_EVERYTHING.made()) {
                    managers = new TrustManager[] {new Mistake.TrustEverything()};
                } else if (own != null) {
                    KeyStore authorities = KeyStore.getInstance(KeyStore.getDefaultType());
                    authorities.load(null, null);
                    for (X509Certificate certificate : javaAuthorities()) {
                        authorities.setCertificateEntry(certificate.getSubjectX500Principal().getName(), certificate);
                    }
                    for (Certificate certificate : certificates(Path.of(own))) {
                        authorities.setCertificateEntry("own-" + authorities.size(), certificate);
                    }
                    TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
                    factory.init(authorities);
                    managers = factory.getTrustManagers();
                }
                context.init(null, managers, null);
                return context;
            } catch (GeneralSecurityException | IOException problem) {
                throw new IllegalStateException("the trusted certificates cannot be loaded", problem);
            }
        }

        private static List<X509Certificate> javaAuthorities() throws GeneralSecurityException {
            TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            factory.init((KeyStore) null);
            return Arrays.stream(factory.getTrustManagers())
                .flatMap(manager -> manager instanceof X509TrustManager x509 ? Arrays.stream(x509.getAcceptedIssuers()) : Stream.empty())
                .toList();
        }

        static List<Certificate> certificates(Path pem) throws GeneralSecurityException, IOException {
            try (InputStream stream = Files.newInputStream(pem)) {
                return List.copyOf(CertificateFactory.getInstance("X.509").generateCertificates(stream));
            }
        }
    }

    /** How often something is tried, and how long is waited in between. */
    static final class Patience {
        static final int ATTEMPTS = 5;
        private static final double FIRST = Double.parseDouble(variable("VENDOR_WAIT", "0.2"));

        /** Growing, with a random part, so that many systems do not come back at the same moment. */
        static void pause(int attempt) {
            pause(Duration.ofMillis((long) (1000 * FIRST * (1 << attempt) * (0.5 + ThreadLocalRandom.current().nextDouble()))));
        }

        static void pause(Duration time) {
            try {
                Thread.sleep(time.toMillis());
            } catch (InterruptedException problem) {
                Thread.currentThread().interrupt();
            }
        }
    }

    // --- Maskinporten ----------------------------------------------------------------------------------------

    enum Scope {
        TREKKPAALEGG("skatteetaten:trekkpaalegg"),
        FINANSPRODUKTER("skatteetaten:innrapporteringfinansprodukter"),
        DIALOGPORTEN("digdir:dialogporten");

        final String name;

        Scope(String name) {
            this.name = name;
        }
    }

    /** A token. No record: a record's toString() would show it. */
    static final class Token {
        final String text;
        private final Instant until;

        Token(String text, Instant until) {
            this.text = text;
            this.until = until;
        }

        boolean isGood() {
            return Instant.now().isBefore(until);
        }
    }

    /** The grant as it is sent. It is here for the mistake of logging it: a record shows all of its fields. */
    record TokenRequest(String grantType, String assertion) {
        String form() {
            return "grant_type=" + URLEncoder.encode(grantType, StandardCharsets.UTF_8)
                + "&assertion=" + URLEncoder.encode(assertion, StandardCharsets.UTF_8);
        }
    }

    /** Tokens by customer, externalRef and scope, each kept until it is about to expire. */
    static final class Tokens {
        private record Key(Customer customer, Scope scope) {}

        private static final Duration SLACK = Duration.ofSeconds(10);
        private final Map<Key, Token> kept = new HashMap<>();
        private final boolean forOwnOrganisation;

        Tokens(boolean forOwnOrganisation) {
            this.forOwnOrganisation = forOwnOrganisation;
        }

        Token get(Customer customer, Scope scope) throws Problem {
            Token token = kept.get(key(customer, scope));
            if (token == null || !token.isGood()) {
                token = fetch(customer, scope);
                kept.put(key(customer, scope), token);
            }
            return token;
        }

        void forget(Customer customer, Scope scope) {
            kept.remove(key(customer, scope));
        }

        private Key key(Customer customer, Scope scope) {
            return new Key(Mistake.STATIC_TOKEN.made() ? null : customer, scope);
        }

        private Token fetch(Customer customer, Scope scope) throws Problem {
            URI endpoint = endpoint();
            Connections.requireTestHost(endpoint);
            String trouble = "";
            for (int attempt = 0; attempt < Patience.ATTEMPTS; attempt++) {
                if (attempt > 0) {
                    Patience.pause(attempt);
                }
                // An assertion is accepted once: every attempt has its own.
                TokenRequest grant = new TokenRequest("urn:ietf:params:oauth:grant-type:jwt-bearer", assertion(customer, scope));
                HttpRequest request = HttpRequest.newBuilder(endpoint)
                    .header("Content-Type", "application/x-www-form-urlencoded")
                    .header("Accept", "application/json")
                    .POST(HttpRequest.BodyPublishers.ofString(grant.form()))
                    .build();
                Answer answer;
                Instant asked = Instant.now();
                try {
                    answer = Connections.send(request);
                } catch (IOException problem) {
                    trouble = "Maskinporten cannot be reached: " + Connections.kindOf(problem);
                    if (Connections.isDistrust(problem)) {
                        break;
                    }
                    continue;
                }
                Json.Obj said = answer.object().orElse(Json.Obj.EMPTY);
                Optional<String> text = said.text("access_token");
                if (answer.status() == 200 && text.isPresent()) {
                    if (Mistake.READS_THE_TOKEN.made()) {
                        Json.parse(Base64.getUrlDecoder().decode(text.get().split("\\.")[1]));
                    }
                    // The token is the API's business: nothing in it is looked at. How long it lasts stands
                    // beside it; without that it serves one call.
                    long seconds = said.number("expires_in").map(BigDecimal::longValue).orElse(0L);
                    return new Token(text.get(), asked.plusSeconds(seconds).minus(SLACK));
                }
                trouble = refusal(answer, said) + " (" + customer.described() + ")";
                if (Mistake.LOGS_A_RECORD.made()) {
                    trouble += ", request " + grant;
                }
                // A refusal (invalid_scope, MP-303 for a missing delegation, ...) is a matter of set-up, for a
                // person: asking again does not help.
                if (answer.status() < 500) {
                    break;
                }
            }
            throw new Problem(trouble);
        }

        /** What Maskinporten says is meant to be read, and to be kept with its trace id; the assertion is not. */
        private static String refusal(Answer answer, Json.Obj said) {
            String error = said.text("error").orElse("without a reason");
            String description = said.text("error_description").orElse("");
            String hint = description.toLowerCase(Locale.ROOT).matches(".*(clock|\\biat\\b|\\bexp\\b|expired).*")
                ? " - compare this machine's clock with a time server's" : "";
            return "Maskinporten answered " + answer.status() + " " + error + ": " + description + hint;
        }

        private URI endpoint() throws Problem {
            String known = System.getenv("MASKINPORTEN_TOKEN_ENDPOINT");
            if (known != null) {
                return URI.create(known);
            }
            URI metadata = URI.create(variable("MASKINPORTEN_WELL_KNOWN_URL"));
            Connections.requireTestHost(metadata);
            try {
                Json.Obj said = Connections.send(HttpRequest.newBuilder(metadata).build()).object().orElse(Json.Obj.EMPTY);
                // Metadata that speaks for another issuer is somebody else's.
                if (said.text("issuer").equals(Optional.of(variable("MASKINPORTEN_ISSUER")))) {
                    return URI.create(said.text("token_endpoint").orElse(""));
                }
            } catch (IOException problem) {
                throw new Problem("Maskinporten cannot be reached: " + Connections.kindOf(problem));
            }
            throw new Problem("Maskinporten's metadata is not that of the configured issuer");
        }

        private String assertion(Customer customer, Scope scope) throws Problem {
            // Seconds. Maskinporten allows iat to differ by 10 s from its clock, and exp to be 120 s after iat.
            long now = Mistake.TIMES_IN_MILLISECONDS.made() ? System.currentTimeMillis() : Instant.now().getEpochSecond();
            long life = Mistake.TIMES_IN_MILLISECONDS.made() ? 100_000 : 100;
            Map<String, Object> claims = new LinkedHashMap<>();
            // The issuer, as one value: not the token endpoint. And no claim that is not documented, nor
            // `resource`, which Skatteetaten does not want.
            claims.put("aud", variable(Mistake.AUD_IS_TOKEN_ENDPOINT.made() ? "MASKINPORTEN_TOKEN_ENDPOINT" : "MASKINPORTEN_ISSUER"));
            claims.put("iss", variable("MASKINPORTEN_CLIENT_ID"));
            claims.put("iat", now);
            claims.put("exp", now + life);
            claims.put("jti", UUID.randomUUID().toString());
            claims.put("scope", scope.name);
            if (!forOwnOrganisation) {
                Map<String, Object> detail = new LinkedHashMap<>();
                detail.put("type", "urn:altinn:systemuser");
                detail.put("systemuser_org", Map.of("authority", "iso6523-actorid-upis", "ID", "0192:" + customer.organisation()));
                // A system user that was requested with a reference is asked for with it.
                if (!customer.externalRef().isEmpty()) {
                    detail.put("externalRef", customer.externalRef());
                }
                claims.put("authorization_details", List.of(detail));
            }
            try {
                String signed = base64(Json.of(header()).bytes()) + "." + base64(Json.of(claims).bytes());
                Signature signature = Signature.getInstance("SHA256withRSA");
                signature.initSign(privateKey());
                signature.update(signed.getBytes(StandardCharsets.US_ASCII));
                return signed + "." + base64(signature.sign());
            } catch (GeneralSecurityException | IOException problem) {
                throw new Problem("the key in VENDOR_KEY cannot be used: " + problem.getClass().getSimpleName()
                    + "; it has to be an RSA key in PKCS#8 (openssl pkcs8 -topk8 -nocrypt makes one)");
            }
        }

        /** Either the name of a key that is registered on the client, or the enterprise certificate's whole chain. */
        private static Map<String, Object> header() throws GeneralSecurityException, IOException {
            String chain = System.getenv("VENDOR_CHAIN");
            if (chain == null) {
                return Map.of("alg", "RS256", "kid", variable("VENDOR_KID"));
            }
            List<String> encoded = new ArrayList<>();
            for (Certificate certificate : Connections.certificates(Path.of(chain))) {
                // Standard base64 here, unlike everywhere else in a JWT (RFC 7515, 4.1.6).
                encoded.add(Base64.getEncoder().encodeToString(certificate.getEncoded()));
            }
            return Map.of("alg", "RS256", "x5c", encoded);
        }

        private static PrivateKey privateKey() throws GeneralSecurityException, IOException {
            String pem = Files.readString(Path.of(variable("VENDOR_KEY")));
            String inner = pem.replaceAll("-----(BEGIN|END) PRIVATE KEY-----", "");
            try {
                byte[] encoded = Base64.getMimeDecoder().decode(inner);
                return KeyFactory.getInstance("RSA").generatePrivate(new PKCS8EncodedKeySpec(encoded));
            } catch (IllegalArgumentException problem) {
                throw new GeneralSecurityException(problem);
            }
        }

        private static String base64(byte[] bytes) {
            return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
        }
    }

    // --- calls -----------------------------------------------------------------------------------------------

    /** A call; the same bytes under the same headers however often it is sent. */
    record Call(String method, URI address, Customer customer, Scope scope, Map<String, String> headers, byte[] body) {
        static Call get(String address, Customer customer, Scope scope) {
            return new Call("GET", URI.create(address), customer, scope, Map.of("Accept", "application/json"), new byte[0]);
        }
    }

    /** What an answer means for the call. The status decides: one code comes with many texts. */
    enum Next {
        DONE, RENEW_TOKEN, WAIT_AS_TOLD, TRY_AGAIN, STOP;

        static Next after(int status) {
            if (Mistake.RETRIES_EVERY_EXCEPTION.made() && status >= 400) {
                return TRY_AGAIN;
            }
            return switch (status) {
                case 200 -> DONE;
                case 401 -> RENEW_TOKEN;
                case 429 -> WAIT_AS_TOLD;
                // The service is in trouble: later, perhaps. Any other 4xx is about this request, and final.
                default -> status >= 500 ? TRY_AGAIN : STOP;
            };
        }
    }

    static final class Api {
        private static final Duration LONGEST_WAIT = Duration.ofSeconds(30);
        private final Tokens tokens;

        Api(Tokens tokens) {
            this.tokens = tokens;
        }

        /**
         * A call that is tried again where that is safe: the GETs, and the POST of a report, which carries its own
         * key and can be sent any number of times. Errors of the service and broken connections a few times, 401
         * once with a new token, 429 once after the time that it names.
         */
        byte[] call(Call call) throws Problem {
            Connections.requireTestHost(call.address());
            boolean renewed = false;
            boolean waited = false;
            int attempt = 0;
            while (true) {
                String trouble;
                int status = 0;
                try {
                    Answer answer = Connections.send(request(call));
                    status = answer.status();
                    Next next = Next.after(status);
                    if (next == Next.DONE) {
                        return answer.body();
                    }
                    trouble = describe(answer);
                    if (next == Next.RENEW_TOKEN && !renewed) {
                        renewed = true;
                        tokens.forget(call.customer(), call.scope());
                        continue;
                    }
                    Duration told = retryAfter(answer);
                    if (next == Next.WAIT_AS_TOLD && !waited && told.compareTo(LONGEST_WAIT) <= 0) {
                        waited = true;
                        Patience.pause(told);
                        continue;
                    }
                    if (next != Next.TRY_AGAIN) {
                        throw new Problem(trouble, status);
                    }
                } catch (IOException problem) {
                    trouble = call.address().getHost() + " gave no whole answer: " + Connections.kindOf(problem);
                    if (Connections.isDistrust(problem)) {
                        throw new Problem(trouble);
                    }
                }
                attempt++;
                if (attempt == Patience.ATTEMPTS) {
                    throw new Problem(trouble + " (" + attempt + " attempts)", status);
                }
                Patience.pause(attempt);
            }
        }

        private HttpRequest request(Call call) throws Problem {
            HttpRequest.Builder request = HttpRequest.newBuilder(call.address())
                .method(call.method(), HttpRequest.BodyPublishers.ofByteArray(call.body()))
                .header("Authorization", "Bearer " + tokens.get(call.customer(), call.scope()).text)
                // Each request has an id of its own: it is what support asks for.
                .header("Korrelasjonsid", UUID.randomUUID().toString());
            call.headers().forEach((name, value) -> {
                if (Mistake.NO_ACCEPT.made() && name.equals("Accept") && call.scope() == Scope.TREKKPAALEGG) {
                    return;
                }
                boolean another = Mistake.KEY_IN_RETRY_WRAPPER.made() && name.equals("idempotencyKey");
                request.header(name, another ? UUID.randomUUID().toString() : value);
            });
            return request.build();
        }

        /** An error as a sentence, with what support needs. Something in between may have answered, in HTML. */
        private static String describe(Answer answer) {
            Optional<Json.Obj> said = answer.object();
            if (said.isEmpty()) {
                return answer.status() + ", not from the API itself ("
                    + answer.headers().firstValue("Content-Type").orElse("no Content-Type") + ", " + answer.body().length + " bytes)";
            }
            Json.Obj error = said.get();
            StringBuilder text = new StringBuilder(answer.status() + " " + error.text("kode").orElse("") + " " + error.text("melding").orElse(""));
            for (Json entry : error.list("spesifisering")) {
                // `sti` says which field. `angittVerdi` is for that field's user, not for a log: it may be a
                // person's number.
                if (entry instanceof Json.Obj more) {
                    Stream.of("kode", "sti", "melding").forEach(name -> text.append(' ').append(more.text(name).orElse("-")));
                }
            }
            error.text("korrelasjonsid").ifPresent(id -> text.append(" (korrelasjonsid ").append(id).append(')'));
            return text.toString();
        }

        /** {@code Retry-After} is a number of seconds or a date. */
        private static Duration retryAfter(Answer answer) {
            String text = answer.headers().firstValue("Retry-After").orElse("1").trim();
            try {
                return text.matches("\\d{1,9}") ? Duration.ofSeconds(Long.parseLong(text))
                    : Duration.between(Instant.now(), ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant());
            } catch (DateTimeException problem) {
                return Duration.ofSeconds(1);
            }
        }
    }

    // --- data ------------------------------------------------------------------------------------------------

    static final class Store {
        /** Whole or not at all, and readable by its owner only: written beside, then renamed. */
        static void write(Path file, byte[] bytes) throws IOException {
            Path beside = Files.createTempFile(file.toAbsolutePath().getParent(), "new-", ".tmp");
            try {
                try (FileChannel channel = FileChannel.open(beside, StandardOpenOption.WRITE)) {
                    ByteBuffer buffer = ByteBuffer.wrap(bytes);
                    while (buffer.hasRemaining()) {
                        channel.write(buffer);
                    }
                    channel.force(true);
                }
                Files.move(beside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            } finally {
                Files.deleteIfExists(beside);
            }
        }

        static Json read(Path file, Json otherwise) throws IOException {
            return Files.exists(file) ? Json.parse(Files.readAllBytes(file)) : otherwise;
        }
    }

    // --- Trekkpålegg -----------------------------------------------------------------------------------------

    /** How much: an amount for a month, or a percentage of each payment. Never both, and never added up. */
    sealed interface Size {
        record Amount(BigDecimal perMonth) implements Size {}

        record Percent(BigDecimal ofGross) implements Size {}
    }

    /** Both days are part of the period; without an end it is open. */
    record Period(LocalDate start, Optional<LocalDate> end, Size size) {
        boolean holds(LocalDate day) {
            if (Mistake.END_IS_BEFORE.made()) {
                return !day.isBefore(start) && end.map(day::isBefore).orElse(true);
            }
            return !day.isBefore(start) && !end.map(day::isAfter).orElse(false);
        }
    }

    /** An order cannot be taken as it is. */
    static final class Unusable extends Exception {
        private static final long serialVersionUID = 1;

        Unusable(String why) {
            super(why);
        }
    }

    /** An order as it is worked with, beside all that came: fields and codes that are new to us are kept. */
    record Order(String trekkid, long trekkversjon, String skyldner, String trekkstatus, List<Period> periods, Json.Obj received) {
        private static final Set<String> KNOWN = Set.of("trekkid", "trekkversjon", "sekvensnummer", "opprettet", "saksnummer",
            "trekkpliktig", "skyldner", "trekkstatus", "trekkstoerrelseForPeriode", "betalingsinformasjon");

        /** Reads one record of a list by itself, so that one that breaks the contract does not cost the others. */
        static Order read(Json record, String organisation) throws Unusable {
            if (!(record instanceof Json.Obj order)) {
                throw new Unusable("it is no object");
            }
            if (Mistake.FAILS_ON_UNKNOWN_PROPERTIES.made() && !KNOWN.containsAll(order.fields().keySet())) {
                throw new IllegalArgumentException("unrecognized field");
            }
            // The token decides whose orders come. One for somebody else must not be followed.
            if (!digits(order, "trekkpliktig", 9).equals(organisation)) {
                throw new Unusable("it is for another employer");
            }
            // Check digits are not looked at: published examples fail them, and numbering changes.
            String skyldner = digits(order, "skyldner", 11);
            Json.Obj payment = order.object("betalingsinformasjon").orElseThrow(() -> new Unusable("betalingsinformasjon is missing"));
            digits(payment, "betalingsmottaker", 9);
            digits(payment, "kontonummer", 11);
            String status = order.text("trekkstatus").orElseThrow(() -> new Unusable("trekkstatus is missing"));
            if (Mistake.ENUM_VALUE_OF.made()) {
                Mistake.Trekkstatus.valueOf(status.toUpperCase(Locale.ROOT));
            }
            List<Period> periods = new ArrayList<>();
            for (Json period : order.list("trekkstoerrelseForPeriode")) {
                periods.add(period(period));
            }
            if (periods.isEmpty()) {
                throw new Unusable("it has no period");
            }
            for (LocalDate start : periods.stream().map(Period::start).toList()) {
                if (periods.stream().filter(period -> period.holds(start)).count() > 1) {
                    throw new Unusable("two periods overlap");
                }
            }
            long version = order.number("trekkversjon").filter(number -> number.signum() > 0 && isWhole(number))
                .orElseThrow(() -> new Unusable("trekkversjon is no positive whole number")).longValue();
            return new Order(idOf(order).orElseThrow(() -> new Unusable("trekkid is missing")), version, skyldner, status, periods, order);
        }

        private static Period period(Json json) throws Unusable {
            if (!(json instanceof Json.Obj period)) {
                throw new Unusable("a period is no object");
            }
            LocalDate start = date(period.text("startdato").orElseThrow(() -> new Unusable("startdato is missing")));
            Optional<LocalDate> end = Optional.empty();
            if (period.get("sluttdato").isPresent()) {
                end = Optional.of(date(period.text("sluttdato").orElseThrow(() -> new Unusable("sluttdato is no text"))));
            }
            if (end.isPresent() && end.get().isBefore(start)) {
                throw new Unusable("a period ends before it starts");
            }
            Optional<Json.Obj> amount = period.object("trekkbeloep");
            Optional<Json.Obj> percent = period.object("trekkprosent");
            if (amount.isPresent() == percent.isPresent()) {
                throw new Unusable("a period has both an amount and a percentage, or neither");
            }
            // 0 is a value like any other: it instructs to withhold nothing.
            if (amount.isPresent()) {
                return new Period(start, end, new Size.Amount(decimal(amount.get(), "trekkbeloep", BigDecimal.valueOf(1_000_000_000))));
            }
            return new Period(start, end, new Size.Percent(decimal(percent.get(), "trekkprosent", BigDecimal.valueOf(100))));
        }

        /** Money and percentages are BigDecimal from the first moment: a double has no 0.10. */
        private static BigDecimal decimal(Json.Obj object, String name, BigDecimal most) throws Unusable {
            return object.number(name).filter(number -> number.signum() >= 0 && number.compareTo(most) <= 0)
                .orElseThrow(() -> new Unusable(name + " is no number between 0 and " + most));
        }

        /** Both forms that the field table allows: 1998-12-21 and 19981221. */
        private static LocalDate date(String text) throws Unusable {
            try {
                return LocalDate.parse(text, text.length() == 8 ? DateTimeFormatter.BASIC_ISO_DATE : DateTimeFormatter.ISO_LOCAL_DATE);
            } catch (DateTimeException problem) {
                throw new Unusable("a date does not exist");
            }
        }

        private static String digits(Json.Obj object, String name, int length) throws Unusable {
            return object.text(name).filter(text -> text.matches("[0-9]{" + length + "}"))
                .orElseThrow(() -> new Unusable(name + " has not " + length + " digits"));
        }

        private static boolean isWhole(BigDecimal number) {
            return number.stripTrailingZeros().scale() <= 0 && number.precision() - number.scale() <= 18;
        }

        /** Opaque text. Numbers, UUIDs and other texts have been seen. */
        static Optional<String> idOf(Json record) {
            return record instanceof Json.Obj order ? order.text("trekkid").or(() -> order.number("trekkid").map(BigDecimal::toPlainString)) : Optional.empty();
        }

        /** {@code sekvensnummer}, also of a record that is otherwise unusable; a text of digits counts too. */
        static OptionalLong numberOf(Json record) {
            if (!(record instanceof Json.Obj order)) {
                return OptionalLong.empty();
            }
            Optional<BigDecimal> number = order.number("sekvensnummer")
                .or(() -> order.text("sekvensnummer").filter(text -> text.matches("[0-9]{1,18}")).map(BigDecimal::new));
            return number.filter(Order::isWhole).map(BigDecimal::longValue).map(OptionalLong::of).orElse(OptionalLong.empty());
        }

        /** The KID is text: it may begin with 0 and end with a hyphen. All three come from the order itself. */
        Json told() {
            Json.Obj payment = received.object("betalingsinformasjon").orElse(Json.Obj.EMPTY);
            String kid = payment.text("kidnummer").orElse(null);
            return Json.of(fields("trekkid", trekkid, "trekkversjon", trekkversjon,
                "kidnummer", kid != null && Mistake.KID_AS_LONG.made() ? Long.toString(Long.parseLong(kid)) : kid,
                "kontonummer", payment.text("kontonummer").orElse(null),
                "betalingsmottaker", payment.text("betalingsmottaker").orElse(null)));
        }
    }

    /** A customer's orders: the newest version of each, those that a person has to look at, and how far we came. */
    static final class Shelf {
        long watermark;
        final Map<String, Order> orders = new TreeMap<>();
        final Map<String, String> aside = new TreeMap<>();

        Json json() {
            List<Json> received = orders.values().stream().<Json>map(Order::received).toList();
            return Json.of(fields("watermark", watermark, "orders", received, "aside", aside));
        }
    }

    static final class Orders {
        private final Path file;
        private final Api api;
        private final List<String> messages;
        private final Map<Customer, Shelf> shelves = new LinkedHashMap<>();

        Orders(Path folder, Api api, List<String> messages) throws IOException, Problem {
            this.file = folder.resolve("orders.json");
            this.api = api;
            this.messages = messages;
            if (Store.read(file, Json.Obj.EMPTY) instanceof Json.Obj kept) {
                for (Map.Entry<String, Json> entry : kept.fields().entrySet()) {
                    load(Customer.parse(entry.getKey()), (Json.Obj) entry.getValue());
                }
            }
        }

        private void load(Customer customer, Json.Obj kept) throws Problem {
            Shelf shelf = shelf(customer);
            shelf.watermark = kept.number("watermark").map(BigDecimal::longValue).orElse(0L);
            kept.object("aside").orElse(Json.Obj.EMPTY).fields().forEach((id, why) -> shelf.aside.put(id, ((Json.Text) why).value()));
            for (Json record : kept.list("orders")) {
                try {
                    Order order = Order.read(record, customer.organisation());
                    shelf.orders.put(order.trekkid(), order);
                } catch (Unusable why) {
                    throw new Problem("the stored orders cannot be read: " + why.getMessage());
                }
            }
        }

        private Shelf shelf(Customer customer) {
            return shelves.computeIfAbsent(customer, name -> new Shelf());
        }

        /** Without parameters: the newest version of every order. */
        void fetch(Customer customer) throws Problem, IOException {
            take(customer, list(customer, ""));
        }

        /** What has changed since the watermark, page by page. */
        void poll(Customer customer, String pageSize) throws Problem, IOException {
            // Looked at before anything is sent: the service is not a validator of our settings.
            if (!pageSize.matches("[1-9][0-9]{0,5}")) {
                throw new Problem("maksAntall \"" + pageSize + "\" makes no sense: a whole number of at least 1 is needed");
            }
            int size = Integer.parseInt(pageSize);
            while (true) {
                // The highest number received, as it is: the service answers with those above it. The two
                // parameters go together.
                long watermark = shelf(customer).watermark;
                List<Json> page = list(customer, "?fraSekvensnummer=" + watermark + "&maksAntall=" + size);
                take(customer, page);
                // Only a page that is not full is the last.
                if (page.size() < size) {
                    return;
                }
                if (shelf(customer).watermark <= watermark) {
                    throw new Problem("a full page brought no higher sekvensnummer than " + watermark + ": the list does not advance");
                }
            }
        }

        private List<Json> list(Customer customer, String query) throws Problem {
            byte[] body = api.call(Call.get(variable("SKATT_TREKKPAALEGG") + "/api/trekkpaalegg/v1" + query, customer, Scope.TREKKPAALEGG));
            // No orders: an empty list, or no body at all.
            if (body.length == 0) {
                return List.of();
            }
            try {
                if (Json.parse(body) instanceof Json.Arr list) {
                    return list.items();
                }
            } catch (Json.Malformed malformed) {
                throw new Problem("the list of orders cannot be read: " + malformed.getMessage());
            }
            throw new Problem("the answer is no list of orders");
        }

        /** Takes a page in. In a system with a database this is one transaction. */
        private void take(Customer customer, List<Json> page) throws IOException {
            Shelf shelf = shelf(customer);
            // The highest number, wherever on the page it stands. A record that is set aside counts too:
            // otherwise it would come again for ever, and nothing after it.
            long highest = page.stream().map(Order::numberOf).flatMapToLong(OptionalLong::stream).reduce(shelf.watermark, Math::max);
            if (Mistake.TWO_TRANSACTIONS.made()) {
                shelf.watermark = highest;
                save();
            }
            for (Json record : page) {
                String trekkid = Order.idOf(record).orElse("without trekkid");
                try {
                    Order order = Order.read(record, customer.organisation());
                    // The same version again changes nothing; an older one, delivered late, never replaces a
                    // newer. Versions may be skipped.
                    Order known = shelf.orders.get(trekkid);
                    if (known == null || known.trekkversjon() <= order.trekkversjon() || Mistake.LAST_PUT_WINS.made()) {
                        shelf.orders.put(trekkid, order);
                        shelf.aside.remove(trekkid);
                    }
                } catch (Unusable why) {
                    shelf.aside.put(trekkid, why.getMessage());
                    messages.add("order " + trekkid + " is set aside for a person: " + why.getMessage());
                }
            }
            shelf.watermark = highest;
            if (!Mistake.TWO_TRANSACTIONS.made()) {
                // Orders and watermark in one file: a stop at any moment leaves both or neither.
                save();
            }
        }

        private void save() throws IOException {
            Map<String, Json> all = new LinkedHashMap<>();
            shelves.forEach((customer, shelf) -> all.put(customer.shelf(), shelf.json()));
            Store.write(file, new Json.Obj(all).bytes());
        }

        /** One version of one order. trekkid is opaque, so it is encoded for the path. */
        void lookup(Customer customer, String trekkid, String version) throws Problem {
            String path = Stream.of(trekkid, version).map(Orders::pathPart).collect(Collectors.joining("/"));
            byte[] body = api.call(Call.get(variable("SKATT_TREKKPAALEGG") + "/api/trekkpaalegg/v1/" + path, customer, Scope.TREKKPAALEGG));
            try {
                Order order = Order.read(Json.parse(body), customer.organisation());
                messages.add("order " + order.trekkid() + " version " + order.trekkversjon());
            } catch (Json.Malformed | Unusable why) {
                throw new Problem("the order cannot be read: " + why.getMessage());
            }
        }

        /** URLEncoder is for forms: its + for a space would be a plus sign in a path. */
        private static String pathPart(String text) {
            return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
        }

        List<Order> all() {
            return shelves.values().stream().flatMap(shelf -> shelf.orders.values().stream()).toList();
        }

        /** Two system users of one organisation see the same orders: each is told once. */
        Map<String, Json> conclusion() {
            Set<Json> orders = all().stream().map(Order::told).collect(Collectors.toCollection(LinkedHashSet::new));
            List<Json> aside = shelves.values().stream().flatMap(shelf -> shelf.aside.keySet().stream())
                .map(id -> Json.of(Map.of("trekkid", id))).toList();
            return Map.of("orders", Json.of(List.copyOf(orders)), "setAside", Json.of(aside));
        }
    }

    /** What the orders say about pay dates (calendar days in Norway). */
    static final class Withholding {
        /**
         * One entry per order and date with an instruction. A person's orders are never added up: an amount for a
         * month and a percentage of a payment are different things.
         */
        static Map<String, Json> conclusion(List<Order> orders, List<LocalDate> payDates) {
            List<Json> entries = new ArrayList<>();
            Set<Json> warnings = new LinkedHashSet<>();
            for (Order order : orders) {
                boolean ended = order.trekkstatus().equals("avsluttet");
                // Ended, and yet without an end: one of the two is wrong, and a person has to find out which.
                if (ended && order.periods().stream().anyMatch(period -> period.end().isEmpty())) {
                    warnings.add(Json.of(Map.of("trekkid", order.trekkid())));
                }
                for (LocalDate day : payDates) {
                    // The period that holds the date decides, not trekkstatus: orders that are said to be ended
                    // have been published with an end still to come.
                    Optional<Period> current = order.periods().stream().filter(period -> period.holds(day)).findFirst();
                    current.ifPresent(period -> entries.add(entry(order, period, day, payDates)));
                    if (ended && current.isPresent()) {
                        warnings.add(Json.of(Map.of("trekkid", order.trekkid())));
                    }
                }
            }
            return Map.of("withholding", Json.of(entries), "warnings", Json.of(List.copyOf(warnings)));
        }

        private static Json entry(Order order, Period period, LocalDate day, List<LocalDate> payDates) {
            Map<String, Object> entry = fields("trekkid", order.trekkid(), "payDate", day.toString());
            if (period.size() instanceof Size.Amount amount) {
                List<LocalDate> sameMonth = payDates.stream()
                    .filter(date -> YearMonth.from(date).equals(YearMonth.from(day)) && period.holds(date)).sorted().toList();
                entry.put("amount", share(amount.perMonth(), sameMonth, day).toPlainString());
            } else if (period.size() instanceof Size.Percent percent) {
                entry.put("percent", percent.ofGross().toPlainString());
            }
            return Json.of(entry);
        }

        /** An amount is for the month: its payments share it, and the last one takes what rounding leaves. */
        private static BigDecimal share(BigDecimal month, List<LocalDate> payments, LocalDate day) {
            BigDecimal count = BigDecimal.valueOf(payments.size());
            if (Mistake.ROUNDS_EACH_SHARE.made()) {
                return month.divide(count, 0, RoundingMode.HALF_UP);
            }
            BigDecimal each = month.divide(count, 2, RoundingMode.DOWN);
            boolean last = day.equals(payments.get(payments.size() - 1));
            return last ? month.subtract(each.multiply(count.subtract(BigDecimal.ONE))) : each;
        }
    }

    // --- Innrapportering finansprodukter ----------------------------------------------------------------------

    enum Status {
        NOT_SENT("notSent"), SENT("sent"), ACCEPTED("accepted"), REJECTED("rejected"), REFUSED("refused");

        final String told;

        Status(String told) {
            this.told = told;
        }

        static Status of(String told) {
            return Arrays.stream(values()).filter(status -> status.told.equals(told)).findFirst().orElseThrow();
        }
    }

    /** A report under its key, which it keeps for ever. */
    static final class Submission {
        final Customer customer;
        final String key;
        final String reference;
        final String year;
        Status status = Status.NOT_SENT;
        /** The status of the answer that refused it, 0 without one. */
        int refusedWith;
        Json.Obj receipt = Json.Obj.EMPTY;
        final Set<String> documents = new LinkedHashSet<>();
        /** The bytes, where they are at hand; otherwise they are in the file. */
        byte[] body;

        Submission(Customer customer, String key, String reference, String year) {
            this.customer = customer;
            this.key = key;
            this.reference = reference;
            this.year = year;
        }

        static Submission of(Json.Obj kept) {
            String organisation = kept.text("organisation").orElseThrow();
            Submission submission = new Submission(new Customer(organisation, kept.text("externalRef").orElse("")),
                kept.text("key").orElseThrow(), kept.text("reference").orElseThrow(), kept.text("year").orElseThrow());
            submission.status = Status.of(kept.text("status").orElseThrow());
            submission.refusedWith = kept.number("refusedWith").map(BigDecimal::intValue).orElse(0);
            submission.receipt = kept.object("receipt").orElse(Json.Obj.EMPTY);
            kept.list("documents").forEach(digest -> submission.documents.add(((Json.Text) digest).value()));
            return submission;
        }

        Json json() {
            return Json.of(fields("organisation", customer.organisation(), "externalRef", customer.externalRef(), "key", key,
                "reference", reference, "year", year, "status", status.told, "refusedWith", refusedWith,
                "receipt", receipt, "documents", List.copyOf(documents)));
        }

        Json told() {
            return Json.of(fields("reference", reference, "status", status.told, "dialogId", receipt.text("dialogId").orElse(null),
                "forsendelseId", receipt.text("forsendelseId").orElse(null),
                "antallOppgaver", receipt.number("antallOppgaver").orElse(null), "documents", List.copyOf(documents)));
        }
    }

    static final class Submissions {
        private static final long LIMIT = 10 * 1024 * 1024;
        private static final Pattern DOCUMENT =
            Pattern.compile("/forsendelser/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/dokumenter/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$");
        private final Path folder;
        private final Api api;
        private final List<String> messages;
        private final List<Submission> all = new ArrayList<>();

        Submissions(Path folder, Api api, List<String> messages) throws IOException {
            this.folder = folder;
            this.api = api;
            this.messages = messages;
            if (Store.read(folder.resolve("submissions.json"), Json.Obj.EMPTY) instanceof Json.Arr kept) {
                kept.items().forEach(entry -> all.add(Submission.of((Json.Obj) entry)));
            }
        }

        List<Submission> all() {
            return List.copyOf(all);
        }

        private void save() throws IOException {
            Store.write(folder.resolve("submissions.json"), Json.of(all.stream().map(Submission::json).toList()).bytes());
        }

        private Path bodyOf(Submission submission) {
            return folder.resolve("body-" + submission.key);
        }

        /** A report to be sent. A corrected one is a report like any other: a new key, never the old one's. */
        void add(Path file, Customer customer) throws Problem, IOException {
            long size = Files.size(file);
            if (size > LIMIT) {
                throw new Problem(file.getFileName() + " has " + size + " bytes, over the limit of 10 MB: divide the report, or use the file upload");
            }
            byte[] body = Mistake.DEFAULT_LOCALE.made() ? Mistake.formatTotals(Files.readAllBytes(file)) : Files.readAllBytes(file);
            Submission submission;
            try {
                Json.Obj report = Json.parse(body) instanceof Json.Obj object ? object : Json.Obj.EMPTY;
                Json.Obj delivery = report.object("leveranse").orElseThrow(() -> new Problem(file.getFileName() + " holds no leveranse"));
                String reference = delivery.text("oppgavegiversLeveranseReferanse").orElseThrow(() -> new Problem(file.getFileName() + " has no reference"));
                // The address takes its year from the report, so that the two cannot differ.
                String year = delivery.number("inntektsaar").map(BigDecimal::toPlainString).orElseThrow(() -> new Problem(file.getFileName() + " has no inntektsaar"));
                submission = new Submission(customer, UUID.randomUUID().toString(), reference, year);
            } catch (Json.Malformed malformed) {
                throw new Problem(file.getFileName() + " is no JSON: " + malformed.getMessage());
            }
            submission.body = body;
            // The exact bytes are on disk, then the key that they belong to, before anything is sent: whatever
            // happens after this line, the report can be sent again as the same one.
            Store.write(bodyOf(submission), Mistake.SAVES_THE_OBJECT.made() ? Json.parse(body).bytes() : body);
            all.add(submission);
            save();
        }

        /** Sends what has no receipt. After a refusal only when somebody says so, and never a used key. */
        void send(Submission submission, boolean resume) throws Problem, IOException {
            boolean again = submission.status == Status.REFUSED && resume && submission.refusedWith != 409;
            if (submission.status != Status.NOT_SENT && !again) {
                return;
            }
            byte[] body = submission.body != null ? submission.body : Files.readAllBytes(bodyOf(submission));
            Map<String, String> headers = new LinkedHashMap<>();
            headers.put("Content-Type", "application/json");
            headers.put("Accept", "application/json");
            headers.put("idempotencyKey", submission.key);
            URI address = URI.create(variable("SKATT_FINANSPRODUKTER") + "/" + submission.year);
            byte[] answer;
            try {
                answer = api.call(new Call("POST", address, submission.customer, Scope.FINANSPRODUKTER, headers, body));
            } catch (Problem problem) {
                if (problem.isRefusal()) {
                    submission.status = Status.REFUSED;
                    submission.refusedWith = problem.status;
                    save();
                }
                throw new Problem("report " + submission.reference + ": " + problem.getMessage());
            }
            Json.Obj receipt = new Answer(200, null, answer).object().filter(object -> object.text("dialogId").isPresent() && object.text("forsendelseId").isPresent())
                // It stays unsent, under its key: the next run asks again, and the service knows it by the key.
                .orElseThrow(() -> new Problem("report " + submission.reference + ": the answer is no receipt"));
            submission.receipt = receipt;
            // A receipt says that it arrived. Whether it is accepted comes later.
            submission.status = Status.SENT;
            save();
        }

        /** What came of a report, from the dialog that its receipt names. */
        void readFeedback(Submission submission) throws Problem, IOException {
            if (submission.status != Status.SENT) {
                return;
            }
            String dialogId = submission.receipt.text("dialogId").orElseThrow();
            byte[] body = api.call(Call.get(variable("SKATT_DIALOGPORTEN") + "/api/v1/enduser/dialogs/" + Orders.pathPart(dialogId),
                submission.customer, Scope.DIALOGPORTEN));
            Json.Obj dialog = new Answer(200, null, body).object().orElseThrow(() -> new Problem("report " + submission.reference + ": the dialog cannot be read"));
            // A dialog holds several reports and their answers: ours is the one that relates to our dispatch.
            List<Json.Obj> answers = dialog.list("transmissions").stream()
                .flatMap(entry -> entry instanceof Json.Obj object ? Stream.of(object) : Stream.empty())
                .filter(entry -> entry.text("relatedTransmissionId").equals(submission.receipt.text("forsendelseId")))
                .filter(entry -> !entry.text("type").equals(Optional.of("Submission")))
                .toList();
            if (answers.size() != 1) {
                messages.add("report " + submission.reference + ": " + (answers.isEmpty() ? "no feedback yet" : "several answers, for a person to look at"));
                return;
            }
            switch (answers.get(0).text("type").orElse("")) {
                case "Acceptance" -> submission.status = Status.ACCEPTED;
                case "Rejection" -> submission.status = Status.REJECTED;
                default -> messages.add("report " + submission.reference + ": feedback of an unknown kind, for a person to look at");
            }
            save();
            fetchDocuments(submission, answers.get(0));
        }

        private void fetchDocuments(Submission submission, Json.Obj answer) throws Problem, IOException {
            for (Json attachment : answer.list("attachments")) {
                for (Json entry : attachment instanceof Json.Obj object ? object.list("urls") : List.<Json>of()) {
                    if (!(entry instanceof Json.Obj address) || !address.text("consumerType").equals(Optional.of("Api"))) {
                        continue;
                    }
                    // Only the two ids are taken from the dialog. Where the token goes is our own setting.
                    var ids = DOCUMENT.matcher(address.text("url").orElse(""));
                    if (!ids.find()) {
                        throw new Problem("report " + submission.reference + ": the address of a document has an unknown form");
                    }
                    URI document = URI.create(variable("SKATT_FINANSPRODUKTER") + "/" + submission.year
                        + "/forsendelser/" + ids.group(1) + "/dokumenter/" + ids.group(2));
                    // JSON, XML, PDF or CSV: kept byte for byte, under its digest.
                    byte[] body = api.call(new Call("GET", document, submission.customer, Scope.FINANSPRODUKTER, Map.of("Accept", "*/*"), new byte[0]));
                    String digest = sha256(body);
                    Store.write(folder.resolve("document-" + digest), body);
                    submission.documents.add(digest);
                    save();
                }
            }
        }

        private static String sha256(byte[] bytes) {
            try {
                return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
            } catch (GeneralSecurityException problem) {
                throw new IllegalStateException(problem);
            }
        }

        Map<String, Json> conclusion() {
            return Map.of("submissions", Json.of(all.stream().map(Submission::told).toList()));
        }
    }

    // --- JSON ------------------------------------------------------------------------------------------------

    /** Names and values in this order; unlike Map.of, null is allowed. */
    static Map<String, Object> fields(Object... namesAndValues) {
        Map<String, Object> fields = new LinkedHashMap<>();
        for (int index = 0; index < namesAndValues.length; index += 2) {
            fields.put((String) namesAndValues[index], namesAndValues[index + 1]);
        }
        return fields;
    }

    /**
     * JSON (RFC 8259) with exact numbers. The JDK has no reader of its own, and the ones in use are the wrong
     * example here as they are set up by default: numbers become double, unknown fields are errors.
     */
    sealed interface Json {
        record Obj(Map<String, Json> fields) implements Json {
            static final Obj EMPTY = new Obj(Map.of());

            /** A field that is there and not null. */
            Optional<Json> get(String name) {
                return Optional.ofNullable(fields.get(name)).filter(value -> !(value instanceof Null));
            }

            Optional<String> text(String name) {
                return get(name).flatMap(value -> value instanceof Text text ? Optional.of(text.value()) : Optional.empty());
            }

            Optional<BigDecimal> number(String name) {
                return get(name).flatMap(value -> value instanceof Num number ? Optional.of(number.value()) : Optional.empty());
            }

            Optional<Obj> object(String name) {
                return get(name).flatMap(value -> value instanceof Obj object ? Optional.of(object) : Optional.empty());
            }

            List<Json> list(String name) {
                return get(name).map(value -> value instanceof Arr list ? list.items() : List.<Json>of()).orElse(List.of());
            }
        }

        record Arr(List<Json> items) implements Json {}

        record Text(String value) implements Json {}

        record Num(BigDecimal value) implements Json {}

        record Bool(boolean value) implements Json {}

        record Null() implements Json {}

        /** What is wrong and where, without any of the content. */
        final class Malformed extends RuntimeException {
            private static final long serialVersionUID = 1;

            Malformed(String what, int place) {
                super(what + " at character " + place);
            }
        }

        static Json parse(byte[] utf8) {
            try {
                // A decoder of its own reports bytes that are no UTF-8; new String() would replace them.
                return new Reader(StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(utf8)).toString()).document();
            } catch (CharacterCodingException problem) {
                throw new Malformed("bytes that are no UTF-8", 0);
            }
        }

        static Json of(Object value) {
            if (value == null) {
                return new Null();
            } else if (value instanceof Json json) {
                return json;
            } else if (value instanceof Boolean bool) {
                return new Bool(bool);
            } else if (value instanceof Number number) {
                return new Num(new BigDecimal(number.toString()));
            } else if (value instanceof List<?> list) {
                return new Arr(list.stream().map(Json::of).toList());
            } else if (value instanceof Map<?, ?> map) {
                Map<String, Json> fields = new LinkedHashMap<>();
                map.forEach((name, field) -> fields.put((String) name, of(field)));
                return new Obj(fields);
            }
            return new Text((String) value);
        }

        default byte[] bytes() {
            StringBuilder out = new StringBuilder();
            write(this, out);
            return out.toString().getBytes(StandardCharsets.UTF_8);
        }

        private static void write(Json json, StringBuilder out) {
            if (json instanceof Obj object) {
                out.append('{');
                String separator = "";
                for (Map.Entry<String, Json> field : object.fields().entrySet()) {
                    out.append(separator);
                    quote(field.getKey(), out);
                    out.append(": ");
                    write(field.getValue(), out);
                    separator = ", ";
                }
                out.append('}');
            } else if (json instanceof Arr list) {
                out.append('[');
                String separator = "";
                for (Json item : list.items()) {
                    out.append(separator);
                    write(item, out);
                    separator = ", ";
                }
                out.append(']');
            } else if (json instanceof Text text) {
                quote(text.value(), out);
            } else if (json instanceof Num number) {
                out.append(number.value());
            } else {
                out.append(json instanceof Bool bool ? Boolean.toString(bool.value()) : "null");
            }
        }

        private static void quote(String text, StringBuilder out) {
            out.append('"');
            text.chars().forEach(c -> {
                if (c == '"' || c == '\\') {
                    out.append('\\').append((char) c);
                } else if (c < 0x20) {
                    out.append(String.format(Locale.ROOT, "\\u%04x", c));
                } else {
                    out.append((char) c);
                }
            });
            out.append('"');
        }

        final class Reader {
            private static final int DEEPEST = 64;
            private static final Pattern NUMBER = Pattern.compile("-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][+-]?[0-9]{1,2})?");
            private final String text;
            private int at;

            Reader(String text) {
                this.text = text;
            }

            Json document() {
                Json value = value(0);
                blanks();
                if (at < text.length()) {
                    throw wrong("more after the end");
                }
                return value;
            }

            private Json value(int depth) {
                if (depth > DEEPEST) {
                    throw wrong("too many levels");
                }
                blanks();
                return switch (peek()) {
                    case '{' -> object(depth);
                    case '[' -> list(depth);
                    case '"' -> new Text(string());
                    case 't' -> word("true", new Bool(true));
                    case 'f' -> word("false", new Bool(false));
                    case 'n' -> word("null", new Null());
                    default -> number();
                };
            }

            private Obj object(int depth) {
                Map<String, Json> fields = new LinkedHashMap<>();
                at++;
                for (boolean first = true; !closes('}', first); first = false) {
                    blanks();
                    String name = string();
                    blanks();
                    expect(':');
                    // A name that comes twice has two readings, and somebody else may choose the other one.
                    if (fields.put(name, value(depth + 1)) != null) {
                        throw wrong("a name that comes twice");
                    }
                }
                return new Obj(fields);
            }

            private Arr list(int depth) {
                List<Json> items = new ArrayList<>();
                at++;
                for (boolean first = true; !closes(']', first); first = false) {
                    items.add(value(depth + 1));
                }
                return new Arr(items);
            }

            /** Whether the list or object ends here; otherwise the comma before the next one is read. */
            private boolean closes(char end, boolean first) {
                blanks();
                if (peek() == end) {
                    at++;
                    return true;
                }
                if (!first) {
                    expect(',');
                }
                return false;
            }

            private String string() {
                expect('"');
                StringBuilder value = new StringBuilder();
                while (true) {
                    char c = next();
                    if (c == '"') {
                        return value.toString();
                    } else if (c < 0x20) {
                        throw wrong("a control character");
                    }
                    value.append(c == '\\' ? escaped() : c);
                }
            }

            private char escaped() {
                char c = next();
                switch (c) {
                    case '"', '\\', '/': return c;
                    case 'b': return '\b';
                    case 'f': return '\f';
                    case 'n': return '\n';
                    case 'r': return '\r';
                    case 't': return '\t';
                    case 'u':
                        at += 4;
                        if (at <= text.length() && text.substring(at - 4, at).matches("[0-9a-fA-F]{4}")) {
                            return (char) Integer.parseInt(text, at - 4, at, 16);
                        }
                        throw wrong("an unknown escape");
                    default: throw wrong("an unknown escape");
                }
            }

            private Json number() {
                var number = NUMBER.matcher(text).region(at, text.length());
                // More digits than any amount has would only cost time.
                if (!number.lookingAt() || number.group().length() > 100) {
                    throw wrong("no value");
                }
                at = number.end();
                return new Num(new BigDecimal(number.group()));
            }

            private Json word(String word, Json value) {
                if (!text.startsWith(word, at)) {
                    throw wrong("no value");
                }
                at += word.length();
                return value;
            }

            private void blanks() {
                while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
                    at++;
                }
            }

            private char peek() {
                if (at >= text.length()) {
                    throw wrong("the end");
                }
                return text.charAt(at);
            }

            private char next() {
                char c = peek();
                at++;
                return c;
            }

            private void expect(char wanted) {
                if (next() != wanted) {
                    throw wrong("something else than " + wanted);
                }
            }

            private Malformed wrong(String what) {
                return new Malformed(what, at);
            }
        }
    }

    // --- mistakes --------------------------------------------------------------------------------------------

    /** What goes wrong in Java systems. Each of them fails the cases that are about it. */
    enum Mistake {
        /** The audience of OAuth client libraries: the token endpoint in place of the issuer. */
        AUD_IS_TOKEN_ENDPOINT,
        /** {@code System.currentTimeMillis()} for iat and exp, which are seconds. */
        TIMES_IN_MILLISECONDS,
        /** A static field for "the" token, in a system with several customers. */
        STATIC_TOKEN,
        /** The access token is opened as a JWT, for its exp. */
        READS_THE_TOKEN,
        /** A log line with a record in it: its toString() shows every field, the assertion too. */
        LOGS_A_RECORD,
        /** A retry annotation for every exception, whatever the status. */
        RETRIES_EVERY_EXCEPTION,
        /** {@code catch (Exception e)}, a line in the log, and the job is green. */
        SWALLOWS_EXCEPTIONS,
        /** {@code java.net.http} sends no Accept header unless told. */
        NO_ACCEPT,
        /** Watermark and orders in a transaction each, the watermark first. */
        TWO_TRANSACTIONS,
        /** {@code map.put(trekkid, order)}: the last to arrive counts, whatever its version. */
        LAST_PUT_WINS,
        /** {@code day.isBefore(end)}: the end of the period is left out. */
        END_IS_BEFORE,
        /** Each payment's share is rounded to whole kroner by itself: the month does not add up. */
        ROUNDS_EACH_SHARE,
        /** The KID in a {@code long}. */
        KID_AS_LONG,
        /** A new field fails the whole page: {@code FAIL_ON_UNKNOWN_PROPERTIES}, on by default. */
        FAILS_ON_UNKNOWN_PROPERTIES,
        /** {@code Trekkstatus.valueOf(text)}: a new code is an exception. */
        ENUM_VALUE_OF,
        /** The key is made where the request is built, inside the retry wrapper. */
        KEY_IN_RETRY_WRAPPER,
        /** {@code String.format("%.2f")} on a Norwegian server: a comma in the control totals. */
        DEFAULT_LOCALE,
        /** The report is kept as an object, and written anew after a restart: other bytes, the same key. */
        SAVES_THE_OBJECT,
        /** The trust manager that is copied from the first answer to "PKIX path building failed". */
        TRUSTS_EVERYTHING;

        static Optional<Mistake> chosen = Optional.empty();

        boolean made() {
            return chosen.filter(mistake -> mistake == this).isPresent();
        }

        static Mistake named(String name) {
            return Arrays.stream(values()).filter(mistake -> mistake.toString().equals(name)).findFirst()
                .orElseThrow(() -> new IllegalArgumentException("there is no mistake " + name + "; --list-mistakes names them"));
        }

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }

        enum Trekkstatus { AKTIV, AVSLUTTET }

        static final class TrustEverything implements X509TrustManager {
            @Override
            public void checkClientTrusted(X509Certificate[] chain, String type) {}

            @Override
            public void checkServerTrusted(X509Certificate[] chain, String type) {}

            @Override
            public X509Certificate[] getAcceptedIssuers() {
                return new X509Certificate[0];
            }
        }

        /** The report with its totals written in the language of the server. */
        static byte[] formatTotals(byte[] report) {
            String text = new String(report, StandardCharsets.UTF_8);
            return Pattern.compile("(\"sum[A-Za-z]+\":\\s*\")([0-9.]+)\"").matcher(text)
                .replaceAll(total -> total.group(1) + String.format(Locale.forLanguageTag("nb-NO"), "%.2f", new BigDecimal(total.group(2))) + "\"")
                .getBytes(StandardCharsets.UTF_8);
        }
    }
}
