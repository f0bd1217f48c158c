import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.file.*;
import java.security.*;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.*;
import java.time.format.DateTimeFormatter;
import java.util.*;
import java.util.concurrent.*;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

/**
 * A vendor's system in one file: a JDK of version 17 or later, nothing else. {@code java Vendor.java} runs it.
 *
 * <p>It does one task per run, as the counterparty's environment variables describe it ({@code SKATT_TASK} and so
 * on), keeps its data in {@code SKATT_FOLDER} and writes what it concluded to {@code SKATT_RESULT}. Every rule of
 * the protocols is explained where it is followed. {@code --mistake NAME} makes one mistake that is typical of Java
 * systems instead; {@code --list-mistakes} names them, and {@link Mistake} says what each one is.
 *
 * <p>The client is {@code MASKINPORTEN_CLIENT_ID} with the key in {@code VENDOR_KEY} (PEM, PKCS#8), named by
 * {@code VENDOR_KID}, or by the certificates in {@code VENDOR_CHAIN} (PEM, the enterprise certificate first, the
 * root last). {@code VENDOR_CA} (PEM) adds a test authority to those that are trusted;
 * {@code VENDOR_TIMEOUT} is how many seconds an exchange may take.
 */
public final class Vendor {
    private Vendor() {}

    public static void main(String[] arguments) throws IOException {
        // Without this, java.net.http sends a GET a second time, unseen, when the connection ends before the first
        // byte of the answer, whether it was new or kept alive; not so a POST. (HttpURLConnection does it with a POST
        // too: sun.net.http.retryPost.) Attempts are counted and spaced here, and nowhere else. It has to be set
        // before the client is first used.
        System.setProperty("jdk.httpclient.redirects.retrylimit", "1");
        if (arguments.length == 1 && arguments[0].equals("--list-mistakes")) {
            Arrays.stream(Mistake.values()).forEach(System.out::println);
            return;
        }
        try {
            if (arguments.length == 2 && arguments[0].equals("--mistake")) {
                Mistake.chosen = Mistake.named(arguments[1]);
            }
            System.exit(new Run().perform() ? 0 : 1);
        } catch (Missing | IllegalArgumentException problem) {
            System.err.println(problem.getMessage());
            System.exit(2);
        }
    }

    // --- one task ------------------------------------------------------------------------------------------------

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

    /** Something that a person has to know, in a sentence. */
    static final class Problem extends Exception {
        private static final long serialVersionUID = 1;
        /** The status of the answer; 0 without one. */
        final int status;

        Problem(String message, int status) {
            super(message);
            this.status = status;
        }

        Problem(String message) {
            this(message, 0);
        }

        /** Whether the service has looked at the request and refused it: sending it again would change nothing. */
        boolean isRefusal() {
            return status >= 400 && status < 500;
        }
    }

    /** A setting is missing. */
    static final class Missing extends RuntimeException {
        private static final long serialVersionUID = 1;

        Missing(String name) {
            super("the environment variable " + name + " is missing");
        }
    }

    static String variable(String name) {
        return Optional.ofNullable(System.getenv(name)).orElseThrow(() -> new Missing(name));
    }

    static List<String> variable(String name, String separator) {
        String text = Optional.ofNullable(System.getenv(name)).orElse("");
        return Arrays.stream(text.split(Pattern.quote(separator))).filter(part -> !part.isEmpty()).toList();
    }

    /** One run: does the task for each customer, and tells what came of it. */
    static final class Run {
        private final String task = variable("SKATT_TASK");
        private final List<Customer> customers = variable("SKATT_CUSTOMERS", ",").stream().map(Customer::parse).toList();
        private final Path folder = Path.of(variable("SKATT_FOLDER"));
        private final List<String> messages = new ArrayList<>();
        private final Map<String, Object> told = new LinkedHashMap<>();
        private boolean failed;

        boolean perform() throws IOException {
            attempt(() -> {
                // Every address is looked at before anything is sent to any of them, Maskinporten included.
                for (String base : List.of("SKATT_TREKKPAALEGG", "SKATT_FINANSPRODUKTER", "SKATT_DIALOGPORTEN")) {
                    Connections.requireTestHost(URI.create(variable(base)));
                }
                boolean own = "own-organisation".equals(System.getenv("SKATT_ACCESS"));
                if (own) {
                    messages.add("acting for the own organisation " + variable("SKATT_CUSTOMERS"));
                }
                Api api = new Api(new Tokens(own));
                switch (task) {
                    case "fetch", "poll", "withholding", "lookup" -> trekkpaalegg(new Orders(folder, api, messages));
                    case "submit", "correct", "resume", "feedback" ->
                        finansprodukter(new Submissions(folder, api, messages));
                    default -> throw new Problem("there is no task " + task);
                }
            });
            told.put("outcome", failed ? "failed" : "ok");
            told.put("messages", messages);
            write(Path.of(variable("SKATT_RESULT")), Json.of(told).bytes());
            messages.forEach(System.err::println);
            return !failed;
        }

        private void trekkpaalegg(Orders orders) {
            for (Customer customer : customers) {
                attempt(() -> {
                    switch (task) {
                        case "fetch" -> orders.fetch(customer);
                        case "lookup" -> orders.lookup(customer, variable("SKATT_TREKKID"), variable("SKATT_TREKKVERSJON"));
                        default -> orders.poll(customer, variable("SKATT_PAGE_SIZE"));
                    }
                });
            }
            if (!task.equals("lookup")) {
                told.putAll(orders.conclusion());
            }
            if (task.equals("withholding")) {
                told.putAll(Withholding.conclusion(orders.all(),
                    variable("SKATT_PAY_DATES", ",").stream().map(LocalDate::parse).toList()));
            }
        }

        private void finansprodukter(Submissions submissions) {
            for (String file : variable("SKATT_FILES", File.pathSeparator)) {
                attempt(() -> submissions.add(Path.of(file), customers.get(0)));
            }
            for (Submission submission : submissions.all()) {
                attempt(() -> {
                    if (task.equals("feedback")) {
                        submissions.readFeedback(submission);
                    } else {
                        submissions.send(submission, task.equals("resume"));
                    }
                });
            }
            told.putAll(submissions.conclusion());
        }

        private interface Work {
            void run() throws Problem, IOException;
        }

        /** Trouble with one customer or one report keeps no other from being served. */
        private void attempt(Work work) {
            try {
                work.run();
            } catch (Problem | Missing problem) {
                messages.add(problem.getMessage());
                failed = !Mistake.SWALLOWS_EXCEPTIONS.made();
            } catch (IOException | RuntimeException problem) {
                // Its text may quote data: only its kind is shown.
                messages.add("internal error: " + problem.getClass().getName());
                failed = true;
            }
        }
    }

    /** A file, whole or not at all, and readable by its owner only: written beside, then renamed. */
    static void write(Path file, byte[] bytes) throws IOException {
        Path beside = Files.createTempFile(file.toAbsolutePath().getParent(), "new-", ".tmp");
        try {
            try (FileChannel channel = FileChannel.open(beside, StandardOpenOption.WRITE)) {
                for (ByteBuffer rest = ByteBuffer.wrap(bytes); rest.hasRemaining(); ) {
                    channel.write(rest);
                }
                channel.force(true);
            }
            Files.move(beside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(beside);
        }
    }

    // --- connections ---------------------------------------------------------------------------------------------

    record Answer(int status, Optional<String> contentType, Optional<String> retryAfter, byte[] body) {
        /** The body where it is a JSON object; an empty one otherwise: anything in between may have answered. */
        Json.Obj object() {
            try {
                return Json.parse(body) instanceof Json.Obj object ? object : Json.Obj.EMPTY;
            } catch (Json.Malformed malformed) {
                return Json.Obj.EMPTY;
            }
        }
    }

    static final class Connections {
        private static final Pattern HERE = Pattern.compile("127\\.0\\.0\\.1|localhost");
        private static final Pattern TEST_HOSTS = Pattern.compile("api-test\\.sits\\.no"
            + "|[a-z]+\\.api\\.skatteetaten-test\\.no|test\\.maskinporten\\.no|platform\\.tt02\\.altinn\\.no");
        private static final long WHOLE_EXCHANGE_SECONDS =
            Long.parseLong(Optional.ofNullable(System.getenv("VENDOR_TIMEOUT")).orElse("30"));
        private static final int LARGEST_ANSWER = 64 * 1024 * 1024;

        // HTTP/1.1: over clear text the default offers an upgrade to HTTP/2 with every request. Redirects are not
        // followed (the default): the token must not travel to wherever an answer points.
        private static final HttpClient CLIENT = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(10))
            .sslContext(trust())
            .build();

        /** This machine, and known test hosts over TLS: never production, never a token in clear text. */
        static void requireTestHost(URI address) throws Problem {
            String host = String.valueOf(address.getHost());
            boolean known = TEST_HOSTS.matcher(host).matches() && "https".equals(address.getScheme());
            if (!known && !HERE.matcher(host).matches()) {
                throw new Problem("\"" + host + "\" is no test host: nothing is sent there");
            }
        }

        /** One request, sent once. An answer that did not arrive whole is an IOException, never a short body. */
        static Answer send(HttpRequest request) throws IOException {
            // HttpRequest.timeout() ends with the headers; here a body that stalls ends as well.
            var response = CLIENT.sendAsync(request, BodyHandlers.ofInputStream());
            var exchange = response.thenApplyAsync(Connections::read);
            try {
                return Mistake.WAITS_FOREVER.made() ? exchange.get() : exchange.get(WHOLE_EXCHANGE_SECONDS, TimeUnit.SECONDS);
            } catch (ExecutionException problem) {
                throw new IOException(problem.getCause());
            } catch (TimeoutException | InterruptedException problem) {
                // The connection is given up too. Only the client's own future does that.
                response.cancel(true);
                throw new IOException(problem);
            }
        }

        private static Answer read(HttpResponse<InputStream> response) {
            try (InputStream stream = response.body()) {
                byte[] body = stream.readNBytes(LARGEST_ANSWER + 1);
                if (body.length > LARGEST_ANSWER) {
                    throw new IOException("the answer is too large");
                }
                return new Answer(response.statusCode(), response.headers().firstValue("Content-Type"),
                    response.headers().firstValue("Retry-After"), body);
            } catch (IOException problem) {
                throw new UncheckedIOException(problem);
            }
        }

        /** A certificate that cannot be trusted will not be better the next time. */
        static boolean isDistrust(Throwable problem) {
            return problem != null && (problem instanceof CertificateException || isDistrust(problem.getCause()));
        }

        /** What went wrong with a connection, without the addresses and texts of the exception. */
        static String kindOf(Throwable problem) {
            boolean wrapper = problem.getClass() == IOException.class || problem instanceof CompletionException
                || problem instanceof UncheckedIOException;
            return wrapper && problem.getCause() != null ? kindOf(problem.getCause()) : problem.getClass().getSimpleName();
        }

        /**
         * Whom to trust: whom Java trusts, and the test authority where one is named. It is only added to the list of
         * authorities: the checks of chain, time and host name stay Java's own. In a trust manager of one's own they
         * get lost.
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
                    for (TrustManager manager : managers(null)) {
                        for (Certificate known : ((X509TrustManager) manager).getAcceptedIssuers()) {
                            authorities.setCertificateEntry("java-" + authorities.size(), known);
                        }
                    }
                    for (Certificate added : certificates(Path.of(own))) {
                        authorities.setCertificateEntry("own-" + authorities.size(), added);
                    }
                    managers = managers(authorities);
                }
                context.init(null, managers, null);
                return context;
            } catch (GeneralSecurityException | IOException problem) {
                throw new IllegalStateException("the trusted certificates cannot be loaded", problem);
            }
        }

        private static TrustManager[] managers(KeyStore authorities) throws GeneralSecurityException {
            var factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            factory.init(authorities);
            return factory.getTrustManagers();
        }

        static Collection<? extends Certificate> certificates(Path pem) throws GeneralSecurityException, IOException {
            try (InputStream stream = Files.newInputStream(pem)) {
                return CertificateFactory.getInstance("X.509").generateCertificates(stream);
            }
        }
    }

    /** How often something is tried, and how long is waited in between. */
    static final class Patience {
        static final int ATTEMPTS = 5;
        static final Duration LONGEST = Duration.ofSeconds(30);
        private static final double FIRST_SECONDS =
            Double.parseDouble(Optional.ofNullable(System.getenv("VENDOR_WAIT")).orElse("0.2"));

        /** Growing, with a random part, so that many systems do not come back at the same moment. */
        static void pause(int attempt) {
            double random = 0.5 + ThreadLocalRandom.current().nextDouble();
            pause(Duration.ofMillis((long) (1000 * FIRST_SECONDS * (1 << attempt) * random)));
        }

        static void pause(Duration time) {
            try {
                Thread.sleep(Math.max(0, time.toMillis()));
            } catch (InterruptedException problem) {
                throw new IllegalStateException(problem);
            }
        }
    }

    // --- Maskinporten --------------------------------------------------------------------------------------------

    enum Scope {
        TREKKPAALEGG("skatteetaten:trekkpaalegg"),
        FINANSPRODUKTER("skatteetaten:innrapporteringfinansprodukter"),
        DIALOGPORTEN("digdir:dialogporten");

        final String text;

        Scope(String text) {
            this.text = text;
        }
    }

    /** A grant as it is sent. As a record it shows its fields in every log line that it gets into: keep it out. */
    record Grant(String type, String assertion) {
        String form() {
            return "grant_type=" + URLEncoder.encode(type, UTF_8) + "&assertion=" + URLEncoder.encode(assertion, UTF_8);
        }
    }

    /** Tokens by customer, externalRef and scope, each kept until it is about to expire. */
    static final class Tokens {
        private record Key(Customer customer, Scope scope) {}

        private record Token(String text, Instant until) {}

        private static final Duration SLACK = Duration.ofSeconds(10);
        private final Map<Key, Token> kept = new HashMap<>();
        private final boolean ownOrganisation;

        Tokens(boolean ownOrganisation) {
            this.ownOrganisation = ownOrganisation;
        }

        String get(Customer customer, Scope scope) throws Problem {
            Key key = new Key(customer, scope);
            Token token = kept.get(key);
            if (token == null || !Instant.now().isBefore(token.until())) {
                token = fetch(customer, scope);
                kept.put(key, token);
            }
            return token.text();
        }

        void forget(Customer customer, Scope scope) {
            kept.remove(new Key(customer, scope));
        }

        private Token fetch(Customer customer, Scope scope) throws Problem {
            URI endpoint = URI.create(variable("MASKINPORTEN_TOKEN_ENDPOINT"));
            Connections.requireTestHost(endpoint);
            String trouble = "";
            for (int attempt = 0; attempt < Patience.ATTEMPTS; attempt++) {
                if (attempt > 0) {
                    Patience.pause(attempt);
                }
                // An assertion is accepted once: every attempt has its own.
                Grant grant = new Grant("urn:ietf:params:oauth:grant-type:jwt-bearer", assertion(customer, scope));
                HttpRequest request = HttpRequest.newBuilder(endpoint)
                    .header("Content-Type", "application/x-www-form-urlencoded")
                    .header("Accept", "application/json")
                    .POST(BodyPublishers.ofString(grant.form()))
                    .build();
                Instant asked = Instant.now();
                Answer answer;
                try {
                    answer = Connections.send(request);
                } catch (IOException problem) {
                    trouble = "Maskinporten gave no whole answer: " + Connections.kindOf(problem);
                    if (Connections.isDistrust(problem)) {
                        break;
                    }
                    continue;
                }
                Json.Obj said = answer.object();
                Optional<String> text = said.text("access_token");
                if (answer.status() == 200 && text.isPresent()) {
                    if (Mistake.READS_THE_TOKEN.made()) {
                        Json.parse(Base64.getUrlDecoder().decode(text.get().split("\\.")[1]));
                    }
                    // The token is the API's business: nothing in it is looked at. How long it lasts stands beside
                    // it; without that it serves one call.
                    long seconds = said.number("expires_in").map(BigDecimal::longValue).orElse(0L);
                    return new Token(text.get(), asked.plusSeconds(seconds).minus(SLACK));
                }
                // What Maskinporten says is meant to be read and kept, its trace id too; the assertion is not.
                String description = said.text("error_description").orElse("");
                trouble = "Maskinporten answered " + answer.status() + " " + said.text("error").orElse("without a token") + ": "
                    + description + " (" + customer.described() + ")";
                if (description.matches("(?i).*(clock|\\biat\\b|\\bexp\\b).*")) {
                    trouble += "; compare this machine's clock with a time server's";
                }
                if (Mistake.LOGS_A_RECORD.made()) {
                    trouble += "; sent: " + grant;
                }
                // A refusal (invalid_scope, MP-303 for a delegation that is not there) is a matter of set-up, for a
                // person: asking again does not help.
                if (answer.status() < 500) {
                    break;
                }
            }
            throw new Problem(trouble);
        }

        private String assertion(Customer customer, Scope scope) throws Problem {
            // Seconds. iat may differ by 10 s from Maskinporten's clock, and exp may be 120 s after iat.
            boolean millis = Mistake.TIMES_IN_MILLISECONDS.made();
            long now = millis ? System.currentTimeMillis() : Instant.now().getEpochSecond();
            Map<String, Object> claims = new LinkedHashMap<>();
            // The issuer, as one value: not the token endpoint. And no claim that is not documented, nor `resource`,
            // which Skatteetaten does not want.
            claims.put("aud", variable(
                Mistake.AUD_IS_TOKEN_ENDPOINT.made() ? "MASKINPORTEN_TOKEN_ENDPOINT" : "MASKINPORTEN_ISSUER"));
            claims.put("iss", variable("MASKINPORTEN_CLIENT_ID"));
            claims.put("iat", now);
            claims.put("exp", now + (millis ? 100_000 : 100));
            claims.put("jti", UUID.randomUUID().toString());
            claims.put("scope", scope.text);
            if (!ownOrganisation) {
                Map<String, Object> detail = new LinkedHashMap<>();
                detail.put("type", "urn:altinn:systemuser");
                detail.put("systemuser_org",
                    Map.of("authority", "iso6523-actorid-upis", "ID", "0192:" + customer.organisation()));
                // A system user that was requested with a reference is asked for with it.
                if (!customer.externalRef().isEmpty()) {
                    detail.put("externalRef", customer.externalRef());
                }
                claims.put("authorization_details", List.of(detail));
            }
            try {
                String text = base64(Json.of(header()).bytes()) + "." + base64(Json.of(claims).bytes());
                Signature signature = Signature.getInstance("SHA256withRSA");
                signature.initSign(privateKey());
                signature.update(text.getBytes(US_ASCII));
                return text + "." + base64(signature.sign());
            } catch (GeneralSecurityException | IOException | IllegalArgumentException problem) {
                throw new Problem("the key in VENDOR_KEY cannot be used (" + problem.getClass().getSimpleName()
                    + "): an RSA key in PKCS#8 is needed, as openssl pkcs8 -topk8 -nocrypt makes it");
            }
        }

        /** Either the name of a key that is registered on the client, or the whole chain of its certificate. */
        private static Map<String, Object> header() throws GeneralSecurityException, IOException {
            String chain = System.getenv("VENDOR_CHAIN");
            if (chain == null) {
                return Map.of("alg", "RS256", "kid", variable("VENDOR_KID"));
            }
            List<String> encoded = new ArrayList<>();
            for (Certificate certificate : Connections.certificates(Path.of(chain))) {
                // Not base64url, unlike everything else in a JWT (RFC 7515, 4.1.6).
                encoded.add(Base64.getEncoder().encodeToString(certificate.getEncoded()));
            }
            return Map.of("alg", "RS256", "x5c", encoded);
        }

        private static PrivateKey privateKey() throws GeneralSecurityException, IOException {
            String pem = Files.readString(Path.of(variable("VENDOR_KEY"))).replaceAll("-----(BEGIN|END) PRIVATE KEY-----", "");
            byte[] encoded = Base64.getMimeDecoder().decode(pem);
            return KeyFactory.getInstance("RSA").generatePrivate(new PKCS8EncodedKeySpec(encoded));
        }

        private static String base64(byte[] bytes) {
            return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
        }
    }

    // --- calls ---------------------------------------------------------------------------------------------------

    /** A call: the same bytes under the same headers however often it is sent. */
    record Call(String method, URI address, Customer customer, Scope scope, Map<String, String> headers, byte[] body) {
        static Call get(String address, Customer customer, Scope scope, String accept) {
            return new Call("GET", URI.create(address), customer, scope, Map.of("Accept", accept), new byte[0]);
        }
    }

    /** What an answer means for the call. Its status decides: one code comes with many texts. */
    enum Next {
        DONE, RENEW_TOKEN, WAIT_AS_TOLD, TRY_AGAIN, STOP;

        static Next after(int status) {
            if (status >= 400 && Mistake.RETRIES_EVERY_EXCEPTION.made()) {
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
        private final Tokens tokens;

        Api(Tokens tokens) {
            this.tokens = tokens;
        }

        /**
         * A call that is tried again where that is safe: a GET, and the POST of a report, whose key makes it one
         * report however often it arrives. Errors of the service and broken connections a few times, 401 once with a
         * new token, 429 once after the time that it names.
         */
        Answer call(Call call) throws Problem {
            Connections.requireTestHost(call.address());
            boolean renewed = false;
            boolean waited = false;
            for (int attempt = 1; ; attempt++) {
                String trouble;
                int status = 0;
                HttpRequest request = request(call);
                try {
                    Answer answer = Connections.send(request);
                    status = answer.status();
                    Next next = Next.after(status);
                    if (next == Next.DONE) {
                        return answer;
                    }
                    trouble = describe(answer);
                    if (next == Next.RENEW_TOKEN && !renewed) {
                        renewed = true;
                        tokens.forget(call.customer(), call.scope());
                        continue;
                    }
                    Duration told = retryAfter(answer);
                    if (next == Next.WAIT_AS_TOLD && !waited && told.compareTo(Patience.LONGEST) <= 0) {
                        waited = true;
                        Patience.pause(told);
                        continue;
                    }
                    if (next == Next.WAIT_AS_TOLD) {
                        trouble += "; it is not called again for " + told.toSeconds() + " s";
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
                if (attempt >= Patience.ATTEMPTS) {
                    throw new Problem(trouble + " (tried " + attempt + " times)", status);
                }
                Patience.pause(attempt);
            }
        }

        private HttpRequest request(Call call) throws Problem {
            HttpRequest.Builder request = HttpRequest.newBuilder(call.address())
                .method(call.method(), BodyPublishers.ofByteArray(call.body()))
                .header("Authorization", "Bearer " + tokens.get(call.customer(), call.scope()))
                // Every request has an id of its own: support asks for it.
                .header("Korrelasjonsid", UUID.randomUUID().toString());
            call.headers().forEach(request::header);
            if (Mistake.KEY_IN_RETRY_WRAPPER.made() && call.headers().containsKey("idempotencyKey")) {
                request.setHeader("idempotencyKey", UUID.randomUUID().toString());
            }
            return request.build();
        }

        /** An error as a sentence, with what support needs. Something in between may have answered, in HTML. */
        private static String describe(Answer answer) {
            Json.Obj error = answer.object();
            if (error.text("kode").or(() -> error.text("melding")).isEmpty()) {
                return answer.status() + " without a code of the API's own (" + answer.contentType().orElse("no Content-Type")
                    + ", " + answer.body().length + " bytes)";
            }
            Stream<String> parts = Stream.of(error.text("kode"), error.text("melding")).flatMap(Optional::stream);
            // `sti` says which field. `angittVerdi` is for who fills in that field, not for a log: it may be a
            // person's number.
            Stream<String> more = error.objects("spesifisering").stream().flatMap(entry ->
                Stream.of(entry.text("kode"), entry.text("sti"), entry.text("melding")).flatMap(Optional::stream));
            return answer.status() + " " + Stream.concat(parts, more).collect(Collectors.joining(" "))
                + error.text("korrelasjonsid").map(id -> " (korrelasjonsid " + id + ")").orElse("");
        }

        /** {@code Retry-After} is a number of seconds or a date. */
        private static Duration retryAfter(Answer answer) {
            String text = answer.retryAfter().orElse("1").trim();
            try {
                return text.matches("[0-9]{1,9}") ? Duration.ofSeconds(Long.parseLong(text)) : Duration.between(
                    Instant.now(), ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant());
            } catch (DateTimeException problem) {
                return Duration.ofSeconds(1);
            }
        }
    }

    // --- Trekkpålegg ---------------------------------------------------------------------------------------------

    /** How much: an amount for a month, or a percentage of each payment. Never both, and never added up. */
    sealed interface Size {
        record Amount(BigDecimal perMonth) implements Size {}

        record Percent(BigDecimal ofGross) implements Size {}
    }

    /** Both days are part of the period; without an end it is open. */
    record Period(LocalDate start, Optional<LocalDate> end, Size size) {
        boolean holds(LocalDate day) {
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
    record Order(String trekkid, long trekkversjon, String trekkstatus, List<Period> periods, Json.Obj received) {
        /** Reads one record of a list by itself, so that one that breaks the contract does not cost the others. */
        static Order read(Json record, String organisation) throws Unusable {
            Json.Obj order = record instanceof Json.Obj object ? object : Json.Obj.EMPTY;
            String trekkid = idOf(record).orElseThrow(() -> new Unusable("trekkid is missing"));
            // The token decides whose orders come. One for somebody else must not be followed.
            if (!digits(order, "trekkpliktig", 9).equals(organisation)) {
                throw new Unusable("it is for another employer");
            }
            if (hasControlCharacters(order)) {
                throw new Unusable("a text in it has control characters");
            }
            // Check digits are not looked at: published examples fail them, and the rules for them change.
            digits(order, "skyldner", 11);
            Json.Obj payment = order.object("betalingsinformasjon");
            digits(payment, "betalingsmottaker", 9);
            digits(payment, "kontonummer", 11);
            BigDecimal version = order.number("trekkversjon").filter(number -> number.signum() > 0 && isWhole(number))
                .orElseThrow(() -> new Unusable("trekkversjon is no positive whole number"));
            String status = order.text("trekkstatus").orElseThrow(() -> new Unusable("trekkstatus is missing"));
            if (Mistake.ENUM_VALUE_OF.made()) {
                Mistake.Trekkstatus.valueOf(status.toUpperCase(Locale.ROOT));
            }
            List<Period> periods = new ArrayList<>();
            for (Json.Obj period : order.objects("trekkstoerrelseForPeriode")) {
                periods.add(period(period));
            }
            boolean overlap = periods.stream().anyMatch(a -> periods.stream().filter(b -> b.holds(a.start())).count() > 1);
            if (periods.isEmpty() || overlap) {
                throw new Unusable(overlap ? "two periods overlap" : "it has no period");
            }
            return new Order(trekkid, version.longValue(), status, periods, order);
        }

        private static Period period(Json.Obj period) throws Unusable {
            LocalDate start = date(period, "startdato");
            Optional<LocalDate> end = Optional.empty();
            if (period.has("sluttdato")) {
                end = Optional.of(date(period, "sluttdato"));
            }
            if (end.isPresent() && end.get().isBefore(start)) {
                throw new Unusable("a period ends before it starts");
            }
            if (period.has("trekkbeloep") == period.has("trekkprosent")) {
                throw new Unusable("a period has both an amount and a percentage, or neither");
            }
            // 0 is a value like any other: it says that nothing is withheld.
            return new Period(start, end, period.has("trekkbeloep")
                ? new Size.Amount(decimal(period, "trekkbeloep", 1_000_000_000))
                : new Size.Percent(decimal(period, "trekkprosent", 100)));
        }

        /** Money and percentages are BigDecimal from the first moment: a double has no 0.10. */
        private static BigDecimal decimal(Json.Obj period, String name, long most) throws Unusable {
            return period.object(name).number(name)
                .filter(number -> number.signum() >= 0 && number.compareTo(BigDecimal.valueOf(most)) <= 0)
                .orElseThrow(() -> new Unusable(name + " is no number from 0 to " + most));
        }

        /** Both forms that the field table allows: 1998-12-21 and 19981221. */
        private static LocalDate date(Json.Obj period, String name) throws Unusable {
            String text = period.text(name).orElse("");
            try {
                return LocalDate.parse(text,
                    text.length() == 8 ? DateTimeFormatter.BASIC_ISO_DATE : DateTimeFormatter.ISO_LOCAL_DATE);
            } catch (DateTimeException problem) {
                throw new Unusable(name + " is no date");
            }
        }

        private static String digits(Json.Obj object, String name, int length) throws Unusable {
            return object.text(name).filter(text -> text.matches("[0-9]{" + length + "}"))
                .orElseThrow(() -> new Unusable(name + " has not " + length + " digits"));
        }

        private static boolean hasControlCharacters(Json json) {
            if (json instanceof Json.Text text) {
                return text.value().chars().anyMatch(Character::isISOControl);
            }
            Collection<Json> parts = json instanceof Json.Obj object ? object.fields().values()
                : json instanceof Json.Arr list ? list.items() : List.of();
            return parts.stream().anyMatch(Order::hasControlCharacters);
        }

        private static boolean isWhole(BigDecimal number) {
            return number.scale() <= 0 && number.precision() - number.scale() <= 18;
        }

        /** Opaque text. Numbers, UUIDs and other texts have been seen. */
        static Optional<String> idOf(Json record) {
            return record instanceof Json.Obj order
                ? order.text("trekkid").or(() -> order.number("trekkid").map(BigDecimal::toPlainString)) : Optional.empty();
        }

        /** {@code sekvensnummer}, also of a record that is otherwise unusable. A text of digits counts too. */
        static Stream<Long> numberOf(Json record) {
            Json.Obj order = record instanceof Json.Obj object ? object : Json.Obj.EMPTY;
            Optional<BigDecimal> text =
                order.text("sekvensnummer").filter(digits -> digits.matches("[0-9]{1,18}")).map(BigDecimal::new);
            return order.number("sekvensnummer").or(() -> text).filter(Order::isWhole).map(BigDecimal::longValue).stream();
        }

        /** KID, account and payee come from the order itself. The KID is text: it may begin with 0 and end with -. */
        Json told() {
            Json.Obj payment = received.object("betalingsinformasjon");
            Optional<String> kid = payment.text("kidnummer");
            return Json.of("trekkid", trekkid, "trekkversjon", trekkversjon,
                "kidnummer", Mistake.KID_AS_LONG.made() ? kid.map(text -> Long.toString(Long.parseLong(text))) : kid,
                "kontonummer", payment.text("kontonummer"), "betalingsmottaker", payment.text("betalingsmottaker"));
        }
    }

    /** A customer's orders: how far we came, the newest version of each, and those that a person has to look at. */
    static final class Shelf {
        long watermark;
        final Map<String, Order> orders = new TreeMap<>();
        final Map<String, String> aside = new TreeMap<>();

        Json json() {
            List<Json.Obj> received = orders.values().stream().map(Order::received).toList();
            return Json.of("watermark", watermark, "orders", received, "aside", aside);
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
            Json.Obj kept = Files.exists(file) ? (Json.Obj) Json.parse(Files.readAllBytes(file)) : Json.Obj.EMPTY;
            for (String name : kept.fields().keySet()) {
                Customer customer = Customer.parse(name);
                Shelf shelf = shelf(customer);
                Json.Obj data = kept.object(name);
                shelf.watermark = data.number("watermark").orElseThrow().longValueExact();
                Json.Obj aside = data.object("aside");
                aside.fields().keySet().forEach(id -> shelf.aside.put(id, aside.text(id).orElse("")));
                for (Json.Obj record : data.objects("orders")) {
                    try {
                        Order order = Order.read(record, customer.organisation());
                        shelf.orders.put(order.trekkid(), order);
                    } catch (Unusable why) {
                        throw new Problem("a stored order cannot be read: " + why.getMessage());
                    }
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
            // Looked at before anything is sent: the service is no validator of our settings.
            if (!pageSize.matches("[1-9][0-9]{0,5}")) {
                throw new Problem("maksAntall \"" + pageSize + "\" makes no sense: it is a whole number from 1");
            }
            while (true) {
                // The highest number received, as it is: the service answers with those above it. The two parameters
                // go together.
                long watermark = shelf(customer).watermark;
                List<Json> page = list(customer, "?fraSekvensnummer=" + watermark + "&maksAntall=" + pageSize);
                take(customer, page);
                // Only a page that is not full is the last.
                if (page.size() < Integer.parseInt(pageSize)) {
                    return;
                }
                if (shelf(customer).watermark <= watermark) {
                    throw new Problem("a full page has no sekvensnummer above " + watermark + ": the list does not advance");
                }
            }
        }

        private List<Json> list(Customer customer, String query) throws Problem {
            byte[] body = api.call(get(customer, query)).body();
            // No orders: an empty list, or no body at all.
            if (body.length == 0) {
                return List.of();
            }
            try {
                return ((Json.Arr) Json.parse(body)).items();
            } catch (Json.Malformed | ClassCastException problem) {
                throw new Problem("the answer is no list of orders, or a broken one: nothing of it is taken");
            }
        }

        private static Call get(Customer customer, String rest) {
            String accept = Mistake.ACCEPTS_ANYTHING.made() ? "text/html, image/gif, image/jpeg, */*; q=.2" : "application/json";
            return Call.get(variable("SKATT_TREKKPAALEGG") + "/api/trekkpaalegg/v1" + rest, customer, Scope.TREKKPAALEGG, accept);
        }

        /** Takes a page in. In a system with a database this is one transaction. */
        private void take(Customer customer, List<Json> page) throws IOException {
            Shelf shelf = shelf(customer);
            for (Json record : page) {
                String trekkid = Order.idOf(record).orElse("without trekkid");
                try {
                    Order order = Order.read(record, customer.organisation());
                    requireEmployee(order);
                    // The same version again changes nothing; an older one, delivered late, never replaces a newer.
                    // Versions may be skipped.
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
            // The highest number, wherever on the page it stands. A record that is set aside counts too: otherwise it
            // would come again for ever, and nothing after it.
            shelf.watermark = page.stream().flatMap(Order::numberOf).reduce(shelf.watermark, Math::max);
            // Orders and watermark in one file: a stop at any moment leaves both or neither.
            Map<String, Object> all = new LinkedHashMap<>();
            shelves.forEach((name, data) -> all.put(name.shelf(), data.json()));
            write(file, Json.of(all).bytes());
        }

        /**
         * Where payroll says who is employed, an order for anybody else is for a person: never matched by name, never
         * guessed, and the number is not repeated. National identity numbers and D-numbers alike.
         */
        private static void requireEmployee(Order order) throws Unusable {
            boolean told = System.getenv("SKATT_EMPLOYEES") != null;
            String skyldner = order.received().text("skyldner").orElse("");
            if (told && !variable("SKATT_EMPLOYEES", ",").contains(skyldner)) {
                throw new Unusable("its skyldner is not employed here");
            }
        }

        /** One version of one order. */
        void lookup(Customer customer, String trekkid, String version) throws Problem {
            byte[] body = api.call(get(customer, "/" + pathPart(trekkid) + "/" + pathPart(version))).body();
            try {
                Order order = Order.read(Json.parse(body), customer.organisation());
                messages.add("order " + order.trekkid() + " version " + order.trekkversjon());
            } catch (Json.Malformed | Unusable why) {
                throw new Problem("the order cannot be read: " + why.getMessage());
            }
        }

        /** URLEncoder is for forms: its + for a space would be a plus sign in a path. */
        static String pathPart(String text) {
            return URLEncoder.encode(text, UTF_8).replace("+", "%20");
        }

        List<Order> all() {
            return shelves.values().stream().flatMap(shelf -> shelf.orders.values().stream()).toList();
        }

        /** Two system users of one organisation see the same orders: each is told once. */
        Map<String, Object> conclusion() {
            Stream<String> aside = shelves.values().stream().flatMap(shelf -> shelf.aside.keySet().stream());
            return Map.of("orders", all().stream().map(Order::told).distinct().toList(),
                "setAside", aside.distinct().map(id -> Json.of("trekkid", id)).toList());
        }
    }

    /** What the orders say about pay dates, which are calendar days in Norway. */
    static final class Withholding {
        /**
         * One entry per order and date with an instruction. A person's orders are never added up: an amount for a
         * month and a percentage of a payment are different things.
         */
        static Map<String, Object> conclusion(List<Order> orders, List<LocalDate> payDates) {
            List<Json> entries = new ArrayList<>();
            Set<Json> warnings = new LinkedHashSet<>();
            for (Order order : orders) {
                boolean ended = order.trekkstatus().equals("avsluttet");
                // Ended, and yet without an end: one of the two is wrong, and a person has to find out which.
                boolean contradiction = ended && order.periods().stream().anyMatch(period -> period.end().isEmpty());
                for (LocalDate day : payDates) {
                    // The period that holds the date decides, not trekkstatus: orders that are said to be ended have
                    // been published with an end still to come. They are followed, with a warning.
                    Optional<Period> current = order.periods().stream().filter(period -> period.holds(day)).findFirst();
                    current.ifPresent(period -> entries.add(entry(order, period, day, payDates)));
                    contradiction |= ended && current.isPresent();
                }
                if (contradiction) {
                    warnings.add(Json.of("trekkid", order.trekkid()));
                }
            }
            return Map.of("withholding", entries, "warnings", List.copyOf(warnings));
        }

        private static Json entry(Order order, Period period, LocalDate day, List<LocalDate> payDates) {
            String date = day.toString();
            if (period.size() instanceof Size.Percent percent) {
                return Json.of("trekkid", order.trekkid(), "payDate", date, "percent", percent.ofGross().toPlainString());
            }
            List<LocalDate> sameMonth = payDates.stream().filter(period::holds)
                .filter(other -> YearMonth.from(other).equals(YearMonth.from(day))).sorted().toList();
            BigDecimal share = share(((Size.Amount) period.size()).perMonth(), sameMonth, day);
            return Json.of("trekkid", order.trekkid(), "payDate", date, "amount", share.toPlainString());
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

    // --- Innrapportering finansprodukter -------------------------------------------------------------------------

    enum Status {
        NOT_SENT("notSent"), SENT("sent"), ACCEPTED("accepted"), REJECTED("rejected"), REFUSED("refused"),
        /** Refused because its key has been used: not to be sent again, whoever asks. */
        KEY_USED("refused");

        final String told;

        Status(String told) {
            this.told = told;
        }
    }

    /** A report under its key, which it keeps for ever. */
    static final class Submission {
        final Customer customer;
        final String key;
        final String reference;
        final String year;
        Status status = Status.NOT_SENT;
        Json.Obj receipt = Json.Obj.EMPTY;
        final Set<String> documents = new LinkedHashSet<>();
        /** Whether its answer and all documents with it are here. */
        boolean answered;
        /** The bytes, until the end of the run that took them in; after that they are in the file. */
        byte[] body;

        Submission(Customer customer, String key, String reference, String year) {
            this.customer = customer;
            this.key = key;
            this.reference = reference;
            this.year = year;
        }

        static Submission of(Json.Obj kept) {
            Submission submission = new Submission(Customer.parse(kept.text("customer").orElseThrow()),
                kept.text("key").orElseThrow(), kept.text("reference").orElseThrow(), kept.text("year").orElseThrow());
            submission.status = Status.valueOf(kept.text("status").orElseThrow());
            submission.receipt = kept.object("receipt");
            submission.answered = kept.text("feedback").equals(Optional.of("read"));
            kept.list("documents").forEach(digest -> submission.documents.add(((Json.Text) digest).value()));
            return submission;
        }

        Json json() {
            return Json.of("customer", customer.shelf(), "key", key, "reference", reference, "year", year,
                "status", status.name(), "receipt", receipt, "feedback", answered ? "read" : "open",
                "documents", List.copyOf(documents));
        }

        Json told() {
            return Json.of("reference", reference, "status", status.told, "dialogId", receipt.text("dialogId"),
                "forsendelseId", receipt.text("forsendelseId"), "antallOppgaver", receipt.number("antallOppgaver"),
                "documents", List.copyOf(documents));
        }

        Problem problem(String what, int status) {
            return new Problem("report " + reference + ": " + what, status);
        }
    }

    static final class Submissions {
        private static final long LIMIT = 10 * 1024 * 1024;
        private static final Pattern DOCUMENT =
            Pattern.compile("/forsendelser/([0-9a-f-]{36})/dokumenter/([0-9a-f-]{36})$");
        private final Path folder;
        private final Api api;
        private final List<String> messages;
        private final List<Submission> all = new ArrayList<>();

        Submissions(Path folder, Api api, List<String> messages) throws IOException {
            this.folder = folder;
            this.api = api;
            this.messages = messages;
            Path file = folder.resolve("submissions.json");
            Json.Obj kept = Files.exists(file) ? (Json.Obj) Json.parse(Files.readAllBytes(file)) : Json.Obj.EMPTY;
            kept.objects("submissions").forEach(entry -> all.add(Submission.of(entry)));
        }

        List<Submission> all() {
            return List.copyOf(all);
        }

        Map<String, Object> conclusion() {
            return Map.of("submissions", all.stream().map(Submission::told).toList());
        }

        private void save() throws IOException {
            write(folder.resolve("submissions.json"),
                Json.of("submissions", all.stream().map(Submission::json).toList()).bytes());
        }

        private Path bodyOf(Submission submission) {
            return folder.resolve("body-" + submission.key);
        }

        /** A report to be sent. A corrected one is a report like any other, under a key of its own. */
        void add(Path file, Customer customer) throws Problem, IOException {
            String name = file.getFileName().toString();
            if (Files.size(file) > LIMIT) {
                throw new Problem(name + " is over the limit of 10 MB: divide the report, or use the file upload");
            }
            byte[] body = Files.readAllBytes(file);
            if (Mistake.DEFAULT_LOCALE.made()) {
                body = Mistake.formatTotals(body);
            }
            Submission submission;
            try {
                Json.Obj delivery = ((Json.Obj) Json.parse(body)).object("leveranse");
                // The address takes its year from the report, so that the two cannot differ.
                submission = new Submission(customer, UUID.randomUUID().toString(),
                    delivery.text("oppgavegiversLeveranseReferanse").orElseThrow(),
                    delivery.number("inntektsaar").orElseThrow().toPlainString());
            } catch (Json.Malformed | ClassCastException | NoSuchElementException problem) {
                throw new Problem(name + " is no report: it needs leveranse with inntektsaar and a reference");
            }
            submission.body = body;
            // The exact bytes are on disk, and then the key that they belong to, before anything is sent. Whatever
            // happens after this, the report can be sent again as the same one.
            write(bodyOf(submission), Mistake.SAVES_THE_OBJECT.made() ? Json.parse(body).bytes() : body);
            all.add(submission);
            save();
        }

        /** Sends what has no receipt; what was refused only when somebody says so. */
        void send(Submission submission, boolean resume) throws Problem, IOException {
            if (submission.status != Status.NOT_SENT && !(resume && submission.status == Status.REFUSED)) {
                return;
            }
            byte[] body = submission.body != null ? submission.body : Files.readAllBytes(bodyOf(submission));
            Map<String, String> headers = Map.of("Content-Type", "application/json", "Accept", "application/json",
                "idempotencyKey", submission.key);
            URI address = URI.create(variable("SKATT_FINANSPRODUKTER") + "/" + submission.year);
            try {
                Json.Obj receipt =
                    api.call(new Call("POST", address, submission.customer, Scope.FINANSPRODUKTER, headers, body)).object();
                if (receipt.text("dialogId").isEmpty() || receipt.text("forsendelseId").isEmpty()) {
                    // It stays unsent. The next run sends it again, and the service knows it by its key.
                    throw new Problem("the answer is no receipt");
                }
                submission.receipt = receipt;
                // A receipt says that it arrived. Whether it is accepted comes later.
                submission.status = Status.SENT;
            } catch (Problem problem) {
                if (problem.isRefusal()) {
                    submission.status = problem.status == 409 ? Status.KEY_USED : Status.REFUSED;
                }
                throw submission.problem(problem.getMessage(), problem.status);
            } finally {
                save();
            }
        }

        /** What came of a report. */
        void readFeedback(Submission submission) throws Problem, IOException {
            if (submission.receipt.fields().isEmpty() || submission.answered) {
                return;
            }
            try {
                readDialog(submission);
            } catch (Problem problem) {
                throw submission.problem(problem.getMessage(), problem.status);
            } finally {
                save();
            }
        }

        /** The dialog that the receipt names has the answer, when there is one, and where its documents are. */
        private void readDialog(Submission submission) throws Problem, IOException {
            String dialogId = Orders.pathPart(submission.receipt.text("dialogId").orElseThrow());
            Json.Obj dialog = api.call(Call.get(variable("SKATT_DIALOGPORTEN") + "/api/v1/enduser/dialogs/" + dialogId,
                submission.customer, Scope.DIALOGPORTEN, "application/json")).object();
            // A dialog holds several reports and their answers: ours is the one that relates to our dispatch.
            List<Json.Obj> answers = dialog.objects("transmissions").stream()
                .filter(entry -> entry.text("relatedTransmissionId").equals(submission.receipt.text("forsendelseId")))
                .filter(entry -> !entry.text("type").equals(Optional.of("Submission"))).toList();
            if (answers.size() != 1) {
                messages.add("report " + submission.reference
                    + (answers.isEmpty() ? ": no feedback yet" : ": several answers, for a person to look at"));
                return;
            }
            switch (answers.get(0).text("type").orElse("")) {
                case "Acceptance" -> submission.status = Status.ACCEPTED;
                case "Rejection" -> submission.status = Status.REJECTED;
                default -> messages.add("report " + submission.reference + ": an answer for a person to look at");
            }
            for (Json.Obj attachment : answers.get(0).objects("attachments")) {
                for (Json.Obj address : attachment.objects("urls")) {
                    if (address.text("consumerType").equals(Optional.of("Api"))) {
                        fetchDocument(submission, address.text("url").orElse(""));
                    }
                }
            }
            // Until here the next run reads it all again: what could not be fetched now may be there then.
            submission.answered = true;
        }

        private void fetchDocument(Submission submission, String url) throws Problem, IOException {
            // Only the two ids are taken from the dialog. Where the token goes is our own setting.
            Matcher ids = DOCUMENT.matcher(url);
            if (!ids.find()) {
                throw new Problem("the address of a document has an unknown form");
            }
            // JSON, XML, PDF or CSV: kept byte for byte, under its digest.
            byte[] body = api.call(Call.get(variable("SKATT_FINANSPRODUKTER") + "/" + submission.year + "/forsendelser/"
                + ids.group(1) + "/dokumenter/" + ids.group(2), submission.customer, Scope.FINANSPRODUKTER, "*/*")).body();
            try {
                String digest = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(body));
                write(folder.resolve("document-" + digest), body);
                submission.documents.add(digest);
            } catch (NoSuchAlgorithmException problem) {
                throw new IllegalStateException(problem);
            }
        }
    }

    // --- JSON ----------------------------------------------------------------------------------------------------

    /**
     * JSON (RFC 8259) with exact numbers. The JDK has none; of a library in its place, ask that numbers become
     * BigDecimal and that unknown fields are no error, which is seldom how it comes.
     */
    sealed interface Json {
        record Obj(Map<String, Json> fields) implements Json {
            static final Obj EMPTY = new Obj(Map.of());

            private <T extends Json> Optional<T> get(String name, Class<T> type) {
                return Optional.ofNullable(fields.get(name)).filter(type::isInstance).map(type::cast);
            }

            /** Whether it is there and not null. */
            boolean has(String name) {
                return fields.containsKey(name) && !(fields.get(name) instanceof Null);
            }

            Optional<String> text(String name) {
                return get(name, Text.class).map(Text::value);
            }

            Optional<BigDecimal> number(String name) {
                return get(name, Num.class).map(Num::value);
            }

            Obj object(String name) {
                return get(name, Obj.class).orElse(EMPTY);
            }

            List<Json> list(String name) {
                return get(name, Arr.class).map(Arr::items).orElse(List.of());
            }

            /** The objects of a list; anything else in it counts as an object without fields. */
            List<Obj> objects(String name) {
                return list(name).stream().map(item -> item instanceof Obj object ? object : EMPTY).toList();
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
                // A decoder reports bytes that are no UTF-8; new String() would replace them.
                return new Reader(UTF_8.newDecoder().decode(ByteBuffer.wrap(utf8)).toString()).document();
            } catch (CharacterCodingException problem) {
                throw new Malformed("something that is no UTF-8", 0);
            }
        }

        /** An object of names and values, in this order. */
        static Json of(String name, Object value, Object... more) {
            Map<String, Json> fields = new LinkedHashMap<>();
            fields.put(name, of(value));
            for (int index = 0; index < more.length; index += 2) {
                fields.put((String) more[index], of(more[index + 1]));
            }
            return new Obj(fields);
        }

        static Json of(Object value) {
            if (value instanceof Json json) {
                return json;
            } else if (value instanceof Optional<?> optional) {
                return optional.isPresent() ? of(optional.get()) : new Null();
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
            return text(this).getBytes(UTF_8);
        }

        private static String text(Json json) {
            if (json instanceof Obj object) {
                return object.fields().entrySet().stream().map(field -> quote(field.getKey()) + ": " + text(field.getValue()))
                    .collect(Collectors.joining(", ", "{", "}"));
            } else if (json instanceof Arr list) {
                return list.items().stream().map(Json::text).collect(Collectors.joining(", ", "[", "]"));
            } else if (json instanceof Text text) {
                return quote(text.value());
            } else if (json instanceof Num number) {
                return number.value().toString();
            }
            return json instanceof Bool bool ? Boolean.toString(bool.value()) : "null";
        }

        private static String quote(String text) {
            return text.chars().mapToObj(c -> c < 0x20 ? String.format(Locale.ROOT, "\\u%04x", c)
                : (c == '"' || c == '\\' ? "\\" : "") + (char) c).collect(Collectors.joining("", "\"", "\""));
        }

        final class Reader {
            private static final int DEEPEST = 64;
            // No amount has more than a few digits: longer ones would only cost time.
            private static final Pattern NUMBER =
                Pattern.compile("-?(0|[1-9][0-9]{0,99})(\\.[0-9]{1,99})?([eE][+-]?[0-9]{1,2})?(?![0-9])");
            private static final String ESCAPES = "\"\\/bfnrt";
            private final String text;
            private int at;

            Reader(String text) {
                this.text = text;
            }

            Json document() {
                Json value = value(0);
                if (peek() != 0) {
                    throw wrong("more after the end");
                }
                return value;
            }

            private Json value(int depth) {
                if (depth > DEEPEST) {
                    throw wrong("too many levels");
                }
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
                expect('{');
                while (more(fields.isEmpty(), '}')) {
                    String name = string();
                    expect(':');
                    // A name that comes twice can be read in two ways, and another system may choose the other.
                    if (fields.put(name, value(depth + 1)) != null) {
                        throw wrong("a name that comes twice");
                    }
                }
                return new Obj(fields);
            }

            private Arr list(int depth) {
                List<Json> items = new ArrayList<>();
                expect('[');
                while (more(items.isEmpty(), ']')) {
                    items.add(value(depth + 1));
                }
                return new Arr(items);
            }

            /** Whether there is another item before the end, which is read; and so is the comma before the item. */
            private boolean more(boolean first, char end) {
                if (peek() == end) {
                    at++;
                    return false;
                }
                if (!first) {
                    expect(',');
                }
                return true;
            }

            private String string() {
                expect('"');
                StringBuilder value = new StringBuilder();
                while (at < text.length() && text.charAt(at) >= 0x20) {
                    char c = text.charAt(at++);
                    if (c == '"') {
                        return value.toString();
                    }
                    value.append(c == '\\' ? escaped() : c);
                }
                throw wrong("a string without an end, or a control character in it");
            }

            private char escaped() {
                if (text.startsWith("u", at) && text.substring(at).matches("(?s)u[0-9a-fA-F]{4}.*")) {
                    at += 5;
                    return (char) Integer.parseInt(text, at - 4, at, 16);
                }
                int known = at < text.length() ? ESCAPES.indexOf(text.charAt(at++)) : -1;
                if (known < 0) {
                    throw wrong("an unknown escape");
                }
                return "\"\\/\b\f\n\r\t".charAt(known);
            }

            private Json number() {
                Matcher number = NUMBER.matcher(text).region(at, text.length());
                if (!number.lookingAt()) {
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

            /** The next character that is no blank; 0 at the end. */
            private char peek() {
                while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
                    at++;
                }
                return at < text.length() ? text.charAt(at) : 0;
            }

            private void expect(char wanted) {
                if (peek() != wanted) {
                    throw wrong("no " + wanted);
                }
                at++;
            }

            private Malformed wrong(String what) {
                return new Malformed(what, at);
            }
        }
    }

    // --- mistakes ------------------------------------------------------------------------------------------------

    /** What goes wrong in Java systems. Each of them fails the cases that are about it. */
    enum Mistake {
        /** The audience that OAuth libraries set: the token endpoint in place of the issuer. */
        AUD_IS_TOKEN_ENDPOINT,
        /** {@code System.currentTimeMillis()} for iat and exp, which are seconds. */
        TIMES_IN_MILLISECONDS,
        /** The access token is opened as a JWT, for its exp. */
        READS_THE_TOKEN,
        /** A log line with a record in it, whose toString() shows every field: the assertion too. */
        LOGS_A_RECORD,
        /** A retry annotation for every exception, whatever the status. */
        RETRIES_EVERY_EXCEPTION,
        /** {@code catch (Exception e)}, a line in the log, and the job is green. */
        SWALLOWS_EXCEPTIONS,
        /** The Accept that HttpURLConnection sends when nobody sets one. */
        ACCEPTS_ANYTHING,
        /** {@code map.put(trekkid, order)}: the last to arrive counts, whatever its version. */
        LAST_PUT_WINS,
        /** Each payment's share is rounded to whole kroner by itself: the month does not add up. */
        ROUNDS_EACH_SHARE,
        /** The KID in a {@code long}. */
        KID_AS_LONG,
        /** {@code Trekkstatus.valueOf(text)}: a new code is an exception, and fails the page. */
        ENUM_VALUE_OF,
        /** The key is made where the request is built, inside the retry wrapper. */
        KEY_IN_RETRY_WRAPPER,
        /** {@code String.format("%.2f")} on a Norwegian server: a comma in the control totals. */
        DEFAULT_LOCALE,
        /** The report is kept as an object, and written anew after a restart: other bytes under the same key. */
        SAVES_THE_OBJECT,
        /** No time limit: that is what HttpClient does when nobody sets one. */
        WAITS_FOREVER,
        /** The trust manager that is copied from the first answer to "PKIX path building failed". */
        TRUSTS_EVERYTHING;

        static Mistake chosen;

        boolean made() {
            return this == chosen;
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

        static byte[] formatTotals(byte[] report) {
            Locale server = Locale.forLanguageTag("nb-NO");
            return Pattern.compile("(\"sum[A-Za-z]+\":\\s*)\"([0-9.]+)\"").matcher(new String(report, UTF_8))
                .replaceAll(total -> total.group(1) + String.format(server, "\"%.2f\"", new BigDecimal(total.group(2))))
                .getBytes(UTF_8);
        }
    }
}
