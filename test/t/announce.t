# The life of a migration: what is announced, rehearsed and enforced, and to whom.
use strict;
use warnings;
use Test::More;
use POSIX qw(strftime);
use Time::HiRes ();
use FindBin;
use lib "$FindBin::Bin/lib";
use Server;
use Wire;

# RFC 3339 and HTTP-date of a number of seconds from the start of this test
my $start = time;
sub at        { return strftime('%Y-%m-%dT%H:%M:%SZ', gmtime $start + $_[0]) }
sub http_date { return strftime('%a, %d %b %Y %H:%M:%S GMT', gmtime $start + $_[0]) }

my $raw = Apache::Test::vars('raw_port');
my ($day, $hour) = (86400, 3600);
my $ahead = at(10 * $day);
my $since = $start - 10 * $day;
my $dated = "UpgradeMode enforce from=$ahead since=" . at(-10 * $day) . "\nUpgradeGuide /guide";

sub section { my ($path, @lines) = @_; return join "\n", "<Location /$path>", @lines, '</Location>', '' }
sub route   { my ($path, @lines) = @_; return section($path, 'UpgradeRequire WebSocket', @lines) }
sub brownout { my ($begins, $rest) = @_; return 'UpgradeBrownout ' . at($begins) . "/$rest" }

# Sections, in the order in which they are merged
my $announce = 'UpgradeMode announce';
my $ten_days = 'since=' . at(-10 * $day);
my $guided   = 'UpgradeGuide /guide';
my @password = ('AuthType Basic', 'AuthName x', 'AuthBasicProvider file', 'AuthUserFile /dev/null',
    'Require valid-user');
my @sections = (
    section('forbidden', 'Require all denied'),
    section('locked',    'UpgradeRequire TLS', $dated, 'Require all denied'),
    section('headers',   'Header set Deprecation @2',
        'Header always set Sunset "Fri, 01 Jan 2100 00:00:00 GMT"'),
    route('plain',       $announce),
    route('since',       "$announce $ten_days", $guided),
    route('past',        'UpgradeMode enforce from=' . at(-$day) . " $ten_days", $guided),
    route('off',         "UpgradeMode off from=$ahead"),
    (map { route($_, $dated) } qw(later app forbidden headers endpoint)),
    route('excepted',    $dated, 'UpgradeExcept true'),
    route('rehearsed',   "UpgradeMode enforce from=$ahead", brownout(-$hour, at($hour)), $guided),
    route('undated',     $announce, brownout(-$hour, 'P1D'), 'UpgradeMessage "In my words."'),
    route('turns',       $announce, brownout(-$hour, 'P1D every=P1D for=PT10M')),
    route('two',         $announce, brownout(-$hour, 'PT1M'), brownout(-$hour, 'P1D')),
    route('over',        $announce, brownout(-$hour, 'PT1M')),
    route('outer',       $announce, brownout(-$hour, 'P1D')),
    section('outer/inner',  brownout(-$hour, 'PT1M')),
    section('secure',       'UpgradeRequire TLS', 'UpgradeRedirect permanent', $announce,
        brownout(-$hour, 'P1D')),
    section('secure/later', brownout($day, 'P1D'), $guided),
    section('private',      'UpgradeRequire TLS', "$announce $ten_days", @password),
    section('kept/',        'UpgradeKeep WebSocket', "$announce $ten_days"),
);
my $text = <<"END" . join "\n", @sections;
LogLevel upgrade_required:debug
CustomLog verdict_log "%U %{UPGRADE_VERDICT}e %{UPGRADE_REASON}e %{UPGRADE_POLICY}e %{UPGRADE_PHASE}e"
ProxyPass /app/ http://127.0.0.1:$raw/
ProxyPass /kept/ http://127.0.0.1:$raw/
ErrorDocument 403 /missing.html
Header always set X-Always yes
END

my @modules = qw(authz_core authn_core authn_file authz_user auth_basic alias dir headers proxy proxy_http);
my $server = Server->new(modules => \@modules, helper => 1)->configure($text)->start;

sub fetch {
    my ($path, @lines) = @_;
    return $server->ask("GET $path HTTP/1.1", @lines);
}

# What is announced: [path, status, Deprecation, Sunset, Link...]
my $guide = '</guide>; rel="deprecation"';
my $sunset = http_date(10 * $day);
my $late = 'Fri, 01 Jan 2100 00:00:00 GMT';
for my $case (
    ['/plain',    404, undef,      undef],
    ['/since',    404, "\@$since", undef,   $guide],
    ['/later',    404, "\@$since", $sunset, $guide],
    ['/endpoint', 200, "\@$since", $sunset, $guide],
    # Access control comes before the route's policy, but behind its demand for TLS.
    ['/forbidden', 403, undef, undef],
    ['/locked', 403, "\@$since", $sunset, $guide],
    ['/app/200',  200, "\@$since", $sunset, $guide],
    ['/app/401',  401, "\@$since", $sunset, $guide],
    ['/app/503',  503, "\@$since", $sunset, $guide],
    # The application's own words win, Link is added to, nothing stands twice.
    ['/app/deprecated', 200, '@1', $late, '</other>; rel="deprecation"', $guide],
    ['/app/linked', 200, "\@$since", $sunset, $guide],
    ['/headers', 404, "\@$since", $late, $guide],
    ['/off', 404, undef, undef],
    ['/excepted', 404, undef, undef],
    ['/private', 401, "\@$since", undef],
    ['/secure/later', 404, undef, undef, $guide],
) {
    my ($path, $status, $deprecation, $sunset, @links) = @$case;
    my $answer = fetch($path);
    is $answer->{status}, $status, "$path: status";
    is_deeply [fields($answer, 'Deprecation')], [grep { defined } $deprecation], "$path: Deprecation";
    is_deeply [fields($answer, 'Sunset')], [grep { defined } $sunset], "$path: Sunset";
    is_deeply [sort(fields($answer, 'Link'))], [sort @links], "$path: Link";
    is field($answer, 'Retry-After'), ($path eq '/app/503' ? 7 : undef), "$path: no Retry-After of ours";
    is field($answer, 'X-Always'), 'yes', "$path: what others send stays";
}

# A client that meets the policy, and one that is refused, sees none.
for my $case (['/later', 404, handshake], ['/past', 426], ['/app/200', 200, handshake]) {
    my ($path, $status, @lines) = @$case;
    my $answer = fetch($path, @lines);
    is $answer->{status}, $status, "$path: status";
    is_deeply [map { fields($answer, $_) } qw(Deprecation Sunset)], [], "$path: nothing is announced";
}
is json_of(fetch('/past'))->{enforced_from}, at(-$day), 'a refusal tells since when';

# A handshake that UpgradeKeep would refuse goes on, without its switch.
{
    my @lines = ('Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Version: 8',
        'Sec-WebSocket-Key: ' . WS_KEY);
    my $answer = fetch('/kept/200', @lines);
    is $answer->{status}, 200, 'UpgradeKeep announces: let pass';
    is field($answer, 'Deprecation'), "\@$since", 'UpgradeKeep announces: told';
    is fetch('/kept/good', @lines)->{status}, 502, 'UpgradeKeep announces: no switch';
}

# Brownouts: [path, refused]
for my $case (['/rehearsed', 1], ['/undated', 1], ['/turns', 0], ['/two', 1], ['/over', 0], ['/outer', 1],
    ['/outer/inner', 0]) {
    my ($path, $refused) = @$case;
    my $answer = fetch($path);
    is $answer->{status}, $refused ? 426 : 404, "$path: status";
    is_deeply [map { fields($answer, $_) } qw(Deprecation Sunset)], [],
        "$path: nothing is announced in a refusal" if $refused;
    is defined field($answer, 'Retry-After'), !!$refused, "$path: Retry-After";
}
for my $case (['/rehearsed', $start + $hour], ['/undated', $start - $hour + $day],
    ['/two', $start - $hour + $day]) {
    my ($path, $ends) = @$case;
    # The clock that httpd reads: time() may be some milliseconds behind it.
    my $before = int Time::HiRes::time();
    my $retry = field(fetch($path), 'Retry-After');
    ok $retry <= $ends - $before && $retry >= $ends - int Time::HiRes::time(),
        "$path: Retry-After leads to the end";
}
for my $accept ('application/problem+json', 'text/html', 'text/plain') {
    my $body = fetch('/rehearsed', "Accept: $accept")->{body};
    my $ends = at($hour);
    my $undated = 'the date from which such requests will always be refused has not been set yet.';
    my $then = qr/from \Q$ahead\E such requests will always be refused\./;
    like $body, qr/This is a rehearsal that ends at $ends; $then/, "$accept: the rehearsal is told";
    like $body, qr/(?:enforced_from":"|Enforced from<\/dt><dd>|Enforced:   from )\Q$ahead/,
        "$accept: the date is told";
    like fetch('/undated', "Accept: $accept")->{body},
      qr/In my words\.\s*(?:<\/p>\s*<p>)?This is a rehearsal.*; \Q$undated\E/,
      "$accept: also behind a message, without a date";
}
{
    my $answer = fetch('/secure');
    is $answer->{status}, 307, 'a redirect is temporary in a rehearsal';
    is field($answer, 'Retry-After'), undef, 'a redirect is not to be waited for';
}

# Variables and log
like $server->log,
    qr{UR0008: announced, would be refused, reason websocket-missing, policy /later, phase route},
    'announcements are logged at debug';
is scalar(() = $server->log =~ m{announced, would be refused, reason tls-missing, policy /private}g), 1,
    'judged twice, told once';
unlike $server->log =~ s/.*UR0004.*//gr, qr/\[upgrade_required:(?:warn|error)\]/,
    'nothing is logged above info';
$server->stop->finish;
{
    open my $file, '<', "$server->{folder}/verdict_log" or die $!;
    my $log = join '', <$file>;
    like $log, qr{^/later announce websocket-missing /later route$}m, 'variables: announce';
    like $log, qr{^/rehearsed refuse websocket-missing /rehearsed route$}m, 'variables: refuse';
    like $log, qr{^/excepted except websocket-missing /excepted route$}m, 'variables: except';
}

# A floor announces too; the earlier Sunset counts.
my @floor = ('UpgradeFloor TLS', "UpgradeMode enforce from=$ahead", 'UpgradeGuide /guide');
my @routes = (
    route('endpoint', 'UpgradeMode enforce from=' . at(5 * $day)),
    route('dir',      'UpgradeMode enforce from=' . at(20 * $day)),
);
$server = Server->new(modules => \@modules)->configure(join "\n", @floor, @routes)->start;
for my $case (['/endpoint', 5], ['/dir/', 10], ['/health', 10]) {
    my ($path, $days) = @$case;
    my $answer = fetch($path);
    is field($answer, 'Sunset'), http_date($days * $day), "floor, $path: Sunset";
    is_deeply [fields($answer, 'Link')], [$guide], "floor, $path: Link, once";
}
$server->stop;

# All children change by the clock. Judged by the answer's own Date and by the time before the
# request: at whatever pace the machine runs, an answer cannot be called both early and late.
for my $mpm (qw(event prefork)) {
    my $from = time + 4;
    my $when = strftime('%Y-%m-%dT%H:%M:%SZ', gmtime $from);
    my $children = $mpm eq 'event' ? 'MinSpareThreads 75' : 'MinSpareServers 3';
    $server = Server->new(mpm => $mpm, modules => \@modules);
    $server->configure(route('endpoint', "UpgradeMode enforce from=$when") . $children)->start;
    my %seconds = map { strftime('%a, %d %b %Y %H:%M:%S GMT', gmtime $_) => $_ } $from - 60 .. $from + 600;
    my (%early, %late);
    until (($late{426} // 0) + ($late{200} // 0) >= 100) {
        my $before = time;
        my $answer = fetch('/endpoint');
        $early{ $answer->{status} }++ if $seconds{ field($answer, 'Date') } < $from;
        $late{ $answer->{status} }++  if $before >= $from;
        select undef, undef, undef, 0.02;
    }
    is_deeply [keys %late], [426], "$mpm: after the date every answer is a refusal";
    is_deeply [grep { $_ != 200 } keys %early], [], "$mpm: before it none is";
    $server->stop;
}

done_testing;
