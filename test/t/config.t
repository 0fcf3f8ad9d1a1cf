# httpd -t: every mistake is named with directive, value and what would be right.
use strict;
use warnings;
use Test::More;
use FindBin;
use lib "$FindBin::Bin/lib";
use Server;

my $server = Server->new(modules => [qw(authz_core dir alias ssl socache_shmcb http2)]);

my @sound = (
    'UpgradeFloor none',
    'UpgradeFloor TLS/1.2 HTTP/2 WebSocket',
    'UpgradeFloor websocket tls/1.3',
    'UpgradeRequire HTTP/1.1',
    'UpgradeFloorExcept "%{REQUEST_URI} == \'/x\'"',
    "<Location /x>\nUpgradeRequire TLS\nUpgradeExcept \"-R '192.0.2.0/24'\"\nUpgradeExcept true\n</Location>",
    "<If \"true\">\nUpgradeRequire none\n</If>",
    "<Location /x>\nUpgradeWebSocketOrigin any\nUpgradeWebSocketProtocol any\n</Location>",
    "<Location /x>\nUpgradeWebSocketOrigin same https://a.example http://b.example:8080 null\nUpgradeWebSocketProtocol chat.v2 mqtt\n</Location>",
    "<Files x>\nUpgradeMode off\n</Files>",
    'UpgradeMode Announce since=2026-06-01T00:00:00Z',
    'UpgradeMode enforce from=2027-01-01T00:00:00+05:30 since=2026-12-31T18:30:00Z',
    'UpgradeMode off from=2027-01-01T00:00:00Z',
    "UpgradeBrownout 2026-12-01T09:00:00Z/PT1H\nUpgradeBrownout 2026-12-02T09:00:00+01:00/2026-12-02T10:00:00+01:00 every=PT10M for=PT1M",
    "<Location /x>\nUpgradeBrownout every=P1D FOR=P1D 2026-12-01T09:00:00Z/P7D\n</Location>",
    'UpgradeTrustedProxy none',
    'UpgradeTrustedProxy 127.0.0.1 10.0.0.0/8 172.16.0.0/255.240.0.0 192.168 ::1 2001:db8::/32 tls=X-TLS http=X-HTTP scheme=X-Forwarded-Proto',
    "<Directory />\nUpgradeMode enforce\nUpgradeName a.b-c_d/e:f\n</Directory>",
    'UpgradeGuide https://example.com/guide?a=b',
    'UpgradeGuide http://[::1]/',
    'UpgradeGuide /guide.html',
    'UpgradeMessage "Say %{REQUEST_METHOD} again"',
    'UpgradeRedirect permanent',
    'UpgradeAdvertise off',
    'UpgradeHTTP2Answer RESET',
    "<VirtualHost *:1>\nUpgradeFloor none\n</VirtualHost>",
);

# [configuration, what the message must say]
my @mistakes = (
    ['UpgradeWebSocketOrigin same', 'stands in <Location>, <Directory>'],
    ['UpgradeWebSocketProtocol chat', 'stands in <Location>, <Directory>'],
    map({ ["<Location /x>\n$_->[0]\n</Location>", $_->[1]] }
        ['UpgradeWebSocketOrigin', 'needs at least one word'],
        ['UpgradeWebSocketOrigin any same', "'any' stands alone"],
        ['UpgradeWebSocketOrigin example.com', "UpgradeWebSocketOrigin: 'example.com' is no origin; write any, same, null"],
        ['UpgradeWebSocketOrigin https://example.com/', 'is no origin'],
        ["UpgradeWebSocketOrigin \"https://\x01\"", 'contains a control character'],
        ['UpgradeWebSocketProtocol "two words"', "'two words' is no name of a subprotocol"],
        ['UpgradeWebSocketProtocol a,b', "'a,b' is no name of a subprotocol"],
        ['UpgradeWebSocketProtocol any chat', "'any' stands alone"]),
    ['UpgradeFloor', 'UpgradeFloor: needs none, or at most one of each'],
    ['UpgradeFloor TLS TLS/1.2', "UpgradeFloor: 'TLS/1.2' is the second word of its family"],
    ['UpgradeRequire HTTP/1.1 HTTP/2', "UpgradeRequire: 'HTTP/2' is the second word of its family"],
    ['UpgradeFloor HTTP/3', "UpgradeFloor: 'HTTP/3' is refused, because this httpd cannot see HTTP/3; write HTTP/2"],
    ['UpgradeFloor TLSv1.2', "'TLSv1.2' is not a requirement; write TLS/1.2"],
    ['UpgradeFloor none TLS', "'none' stands alone"],
    ['UpgradeFloor gopher', "'gopher' is not a requirement; write none, or at most one of each"],
    ["UpgradeFloor TLS\nUpgradeFloor HTTP/2", 'stands twice in one scope'],
    ["<Location /x>\nUpgradeFloor TLS\n</Location>", 'UpgradeFloor not allowed in <Location> context'],
    ["<Location /x>\nUpgradeFloorExcept true\n</Location>", 'UpgradeFloorExcept not allowed in <Location> context'],
    ["<Location /x>\nUpgradeRequire WebSocket\nUpgradeRequire TLS\n</Location>", 'stands twice in one scope'],
    map({ ["<Location /x>\n<Limit POST>\n$_\n</Limit>\n</Location>", 'cannot occur within <Limit>'] }
        'UpgradeRequire TLS', 'UpgradeExcept true', 'UpgradeMode off', 'UpgradeBrownout 2026-12-01T09:00:00Z/P1D', 'UpgradeGuide /x', 'UpgradeMessage x',
        'UpgradeName x', 'UpgradeRedirect off', 'UpgradeAdvertise off', 'UpgradeHTTP2Answer 426'),
    ['UpgradeFloorExcept "%{REQUEST_URI} =="', "UpgradeFloorExcept: '%{REQUEST_URI} ==' does not parse as an expression"],
    ['UpgradeExcept "no such"', "UpgradeExcept: 'no such' does not parse"],
    ['UpgradeMode on', "UpgradeMode: 'on' is none of: enforce, announce, off"],
    ['UpgradeMode', "UpgradeMode: '' is none of: enforce, announce, off"],
    ['UpgradeMode from=2027-01-01T00:00:00Z', "is none of: enforce, announce, off"],
    ['UpgradeMode enforce from=2027-01-01', "UpgradeMode: '2027-01-01' is no date and time; write it as in 2027-01-01T00:00:00Z"],
    ['UpgradeMode enforce from=2027-02-29T00:00:00Z', 'is a date or time that does not exist'],
    ['UpgradeMode enforce since=', "UpgradeMode: '' is no date and time"],
    ['UpgradeMode enforce from=2027-01-01T00:00:00Z from=2027-01-02T00:00:00Z', 'is a second date of this kind'],
    ['UpgradeMode enforce 2027-01-01T00:00:00Z', 'is neither from=TIME nor since=TIME'],
    ['UpgradeMode announce from=2027-01-01T00:00:00Z', "write 'enforce from=TIME', which announces until then"],
    ['UpgradeMode enforce from=2026-12-31T23:59:59Z since=2027-01-01T00:00:00Z', "UpgradeMode: 'from=' is before since="],
    ["UpgradeMode enforce \"from=\x01\"", 'contains a control character'],
    ['UpgradeBrownout', 'is no interval; write start/end or start/duration'],
    ['UpgradeBrownout 2026-12-01T09:00:00Z', "UpgradeBrownout: '2026-12-01T09:00:00Z' is no interval"],
    ['UpgradeBrownout 2026-12-01T09:00:00Z/P1M', "UpgradeBrownout: 'P1M' is in years or months"],
    ['UpgradeBrownout 2026-12-01T09:00:00Z/PT0S', 'ends before it begins, or at once'],
    ['UpgradeBrownout 2026-12-01T09:00:00Z/2026-11-01T09:00:00Z', 'ends before it begins'],
    ['UpgradeBrownout 2026-12-01T09:00:00Z/P1D every=PT1H', 'every= and for= go together'],
    ['UpgradeBrownout 2026-12-01T09:00:00Z/P1D every=PT1H for=PT2H', "UpgradeBrownout: 'PT2H' as for= is nothing, or longer than every="],
    ['UpgradeBrownout 2026-12-01T09:00:00Z/P1D every=1h for=PT1M', "UpgradeBrownout: '1h' is no duration"],
    ['UpgradeBrownout 2026-12-01T09:00:00Z/P1D 2026-12-03T09:00:00Z/P1D', 'is one too many'],
    ["UpgradeBrownout \"2026-12-01T09:00:00Z/\x07\"", 'contains a control character'],
    ['UpgradeTrustedProxy', 'needs none, or at least one address and one of tls=FIELD'],
    ['UpgradeTrustedProxy 192.0.2.1', 'needs none, or at least one address and one of tls=FIELD'],
    ['UpgradeTrustedProxy tls=X-TLS', 'needs none, or at least one address'],
    ['UpgradeTrustedProxy proxy.example tls=X-TLS', "UpgradeTrustedProxy: 'proxy.example' is no address or network of a proxy"],
    ['UpgradeTrustedProxy 192.0.2.1/33 tls=X-TLS', 'is no address or network'],
    ['UpgradeTrustedProxy 192.0.2.1 none tls=X-TLS', "'none' is no address or network"],
    ['UpgradeTrustedProxy 192.0.2.1 tls=', "UpgradeTrustedProxy: '' is no name of a request field"],
    ['UpgradeTrustedProxy 192.0.2.1 "tls=X TLS"', 'is no name of a request field'],
    ['UpgradeTrustedProxy 192.0.2.1 tls=X-A tls=X-B', 'is a second field of this kind'],
    ['UpgradeTrustedProxy 192.0.2.1 http=Upgrade', 'has a meaning of its own in HTTP'],
    ["UpgradeTrustedProxy none\nUpgradeTrustedProxy none", 'stands twice in one scope'],
    ["<Location /x>\nUpgradeTrustedProxy none\n</Location>", 'UpgradeTrustedProxy not allowed in <Location> context'],
    ['UpgradeRedirect yes', "UpgradeRedirect: 'yes' is none of: off, temporary, permanent"],
    ['UpgradeRedirect 308', "UpgradeRedirect: '308' is none of"],
    ['UpgradeHTTP2Answer 200', "UpgradeHTTP2Answer: '200' is none of: 426, 403, reset"],
    ['UpgradeAdvertise maybe', 'UpgradeAdvertise must be On or Off'],
    ['UpgradeGuide example.com/guide', "UpgradeGuide: 'example.com/guide' is no address of a guide"],
    ['UpgradeGuide ftp://example.com/', 'is no address of a guide'],
    ['UpgradeGuide javascript:alert(1)', 'is no address of a guide'],
    ['UpgradeGuide //example.com/x', 'is no address of a guide'],
    ['UpgradeGuide https://user:pw@example.com/', 'is no address of a guide'],
    ['UpgradeGuide https://example.com/%zz', 'a character that a URL cannot have'],
    ['UpgradeGuide "https://example.com/a\\\\b"', 'a character that a URL cannot have'],
    ["UpgradeGuide https://example.com/\xc3\xbc", 'a character that a URL cannot have'],
    ['UpgradeGuide https://example.com/{x}', 'a character that a URL cannot have'],
    ['UpgradeGuide https://', 'is no address of a guide'],
    ['UpgradeGuide "https://example.com/a b"', 'a character that a URL cannot have'],
    ['UpgradeGuide "https://example.com/>;x"', 'a character that a URL cannot have'],
    ["UpgradeGuide \"https://example.com/\x01\"", "'https://example.com/?' contains a control character"],
    ["UpgradeMessage \"a\x07b\"", "UpgradeMessage: 'a?b' contains a control character"],
    ['UpgradeMessage ""', 'UpgradeMessage takes one argument'],
    ['UpgradeMessage "%{NOSUCH"', 'does not parse as an expression'],
    ["UpgradeName \"a\x7f\"", 'contains a control character'],
    ['UpgradeName "two words"', "UpgradeName: 'two words' is no policy name"],
    ['UpgradeName ' . 'x' x 65, 'write one word of 1 to 64 characters'],
    ['UpgradeName <b>', 'letters, digits and'],
    ["UpgradeFloor \"TLS\x1b[31m\"", 'contains a control character'],
    ['UpgradeName', 'UpgradeName takes one argument'],
);

for my $text (@sound) {
    my ($status, $output) = $server->configure($text)->httpd('-t');
    is $status, 0, "sound: $text" or diag $output;
}

for my $mistake (@mistakes) {
    my ($text, $message) = @$mistake;
    (my $name = $text) =~ s/[^ -~]+/ /g;
    my ($status, $output) = $server->configure("# a line\n$text")->httpd('-t');
    isnt $status, 0, "refused: $name";
    like $output, qr/\Q$message\E/, "explained: $name";
    like $output, qr/Syntax error on line \d+ of/, "placed: $name";
    unlike $output, qr/[\x00-\x08\x0b-\x1f\x7f]/, "no control character is shown: $name";
}

# The help text of each directive, as httpd prints it
{
    my ($status, $output) = $server->configure('')->httpd('-L');
    my %listed = map { $_ => 1 } $output =~ /^(Upgrade\w+) \(/gm;
    is scalar keys %listed, 15, 'httpd -L lists every directive';
}

# The shipped configuration
my @shipped = glob "$FindBin::Bin/conf.d/*.conf";
is scalar @shipped, 4, 'the shipped files are here';
for my $file (@shipped) {
    local $server->{helper} = 1;
    local $server->{modules} = [qw(authz_core authz_host dir alias ssl socache_shmcb http2 proxy proxy_http)];
    my ($status, $output) = $server->configure("Include $file")->httpd('-t');
    is $status, 0, "$file is sound" or diag $output;
}

done_testing;
