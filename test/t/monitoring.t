# What Prometheus, its tools and Grafana make of the metrics, and whether the manual, the rules and the
# dashboard speak of what there is. One server with every kind of series.
use strict;
use warnings;
use Test::More;
use File::Temp qw(tempdir);
use FindBin;
use JSON::PP ();
use lib "$FindBin::Bin/lib";
use Lacks;
use Lines;
use Ports;
use Server;
use Wait;
use Wire;

needs('prometheus');

my $top  = $ENV{UPGRADE_TEST_TOP} or die 'run this through build/test';
my $node = "$FindBin::Bin/clients/node";
my $conf = "$FindBin::Bin/conf.d/monitoring";

sub text_of { my ($name) = @_; local (@ARGV, $/) = $name; return <> }

my $json      = text_of("$conf/grafana-dashboard.json");
my $rules     = text_of("$conf/upgrade_required.rules.yml");
my $manual    = text_of("$top/mod_upgrade_required/manual.md");
$manual =~ s/^## Upgrading\n.*?^(?=## )//ms or die 'the manual has no section on earlier names';
my $dashboard = JSON::PP->new->decode($json);

# These take seconds, and run meanwhile: what a command prints, and then its status.
sub begin { my ($command) = @_; open my $pipe, '-|', "$command 2>&1" or die $!; return $pipe }

sub end {
    my ($pipe) = @_;
    my $output = do { local $/; <$pipe> };
    close $pipe;
    return ($? >> 8, $output);
}

# Grafana's own types say which members a dashboard may have. A wrong one has to be found.
open my $typed, '>', "$node/dashboard.ts" or die $!;
print $typed <<"END";
import type { Dashboard } from '\@grafana/schema';
// \@ts-expect-error: no such member of a panel
export const wrong: Dashboard = { schemaVersion: 38, panels: [{ type: 'table', gridPosition: {} }] };
export const shipped: Dashboard = $json;
END
close $typed;
my $types = begin("cd $node && node node_modules/typescript/bin/tsc --noEmit --strict --skipLibCheck "
    . '--module nodenext --moduleResolution nodenext --target es2022 dashboard.ts');
my $rule_tests = begin("promtool test rules $conf/upgrade_required.rules.test.yml");

# A server that has it all
my $tls_port = free_port();
my @modules  = qw(authz_core alias dir proxy proxy_http socache_shmcb ssl);
my $server   = Server->new(modules => \@modules, helper => 1);
my @sections = (
    ['enforced',  'UpgradeRequire TLS/1.2 PostQuantum HTTP/2', 'UpgradeRedirect temporary',
        q{UpgradeExcept "%{HTTP:X-Pass} == 'yes'"}],
    ['ws',        'UpgradeRequire WebSocket', 'UpgradeWebSocketOrigin same', 'UpgradeWebSocketProtocol chat',
        'UpgradeTunnelPerClient 1'],
    ['announced', 'UpgradeRequire TLS', 'UpgradeMode announce', 'UpgradeBrownout 2098-01-01T00:00:00Z/P1D'],
    ['dated',     'UpgradeRequire HTTP/2', 'UpgradeMode enforce from=2099-01-01T00:00:00Z',
        'UpgradeCountClients on'],
    ['off',       'UpgradeRequire HTTP/2', 'UpgradeMode off'],
    ['kept',      'UpgradeKeep WebSocket'],
);
$server->configure(join '', "UpgradeFloor HTTP/1.1\n",
    'ProxyPass /ws http://127.0.0.1:' . free_port() . "/\n",
    map({ join "\n", "<Location /$_->[0]>", @$_[1 .. $#$_], "</Location>\n" } @sections),
    "<Location /status>\nUpgradeRequire none\nSetHandler upgrade-status\n</Location>\n",
    tls_host($tls_port, 'ServerName tls.test'))->start;

my @asked = (['GET /enforced HTTP/1.1'], ['GET /announced HTTP/1.1'], ['GET /dated HTTP/1.1'],
    ['GET /enforced HTTP/1.1', 'X-Pass: yes'], ['POST /enforced HTTP/1.1', 'Content-Length: 0'],
    ['GET /ws HTTP/1.1', handshake, 'Sec-WebSocket-Protocol: chat']);

sub visit {
    $server->ask(@$_) for @asked;
    my $client = connect_to($tls_port, SSL_hostname => 'tls.test');
    print $client "GET / HTTP/1.0\r\n\r\n";
    answer_from($client);
    return;
}
# A real Prometheus scrapes it.
my $folder = tempdir(CLEANUP => 1);
open my $file, '>', "$folder/prometheus.yml" or die $!;
print $file <<"END";
global: {scrape_interval: 1s}
scrape_configs:
  - job_name: httpd
    metrics_path: /status
    static_configs: [{targets: ['127.0.0.1:$server->{port}']}]
END
close $file;
my $port = free_port();
my $pid = fork // die $!;
if (!$pid) {
    open STDERR, '>', "$folder/log";
    open STDOUT, '>&', \*STDERR;
    exec 'prometheus', "--config.file=$folder/prometheus.yml", "--storage.tsdb.path=$folder/data",
        "--web.listen-address=127.0.0.1:$port" or die $!;
}

visit();
my %form = map { $_ => $server->ask("GET /status?format=$_ HTTP/1.1")->{body} } qw(openmetrics prometheus);

# Prometheus' linter, and a strict reader of the other format
{
    open my $lint, '|-', "promtool check metrics >$server->{folder}/promtool 2>&1" or die $!;
    print $lint $form{prometheus};
    close $lint;
    is $? . $server->file('promtool'), '0', 'promtool finds nothing in the Prometheus format';
}

# { family without suffix => { label => { value => 1 } } }
sub served {
    my ($text) = @_;
    my %served;
    for my $line (split /\n/, $text) {
        my ($name, $labels) = $line =~ /^(\w+)(?:\{(.*)\})? -?\d+$/ or next;
        $served{$name} ||= {};
        while (($labels // '') =~ /(\w+)="([^"]*)"/g) { $served{$name}{$1}{$2} = 1 }
    }
    return \%served;
}
my $served = served($form{prometheus});
is_deeply served($form{openmetrics}), $served, 'both formats have the same series';
{
    open my $file, '>', "$server->{folder}/openmetrics" or die $!;
    print $file $form{openmetrics};
    close $file;
    my ($status, $output) = end(begin(<<"END"));
/usr/bin/python3 - $server->{folder}/openmetrics <<'PYTHON'
import sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read
for family in read(open(sys.argv[1]).read()):
    for name in {sample.name for sample in family.samples}:
        print(name, family.type)
PYTHON
END
    is $status, 0, 'a strict parser reads the OpenMetrics format' or diag $output;
    my %types = split /\s+/, $output;
    is_deeply [sort keys %types], [sort keys %$served], 'and finds every series';
    is_deeply { map { ($_ => $types{$_}) } grep { /_(?:total|info)$/ xor $types{$_} =~ /^(?:counter|info)$/ }
            keys %types }, {}, 'a name ends as its type demands';
}

# The manual's table: { family => { label => { word of a closed list => 1 } } }
my %told;
for my $row (split /\n/, $manual) {
    my ($name, $labels) = $row =~ /^\| `(upgrade_required_\w+)`[^|]* \| (.*) \|$/ or next;
    $told{$name} = {};
    for my $part (split /; /, $labels =~ s/, and `unknown` if that occurred//gr) {
        my ($label, $words) = $part =~ /^`(\w+)`(.*)/ or next;
        $told{$name}{$label} = { map { $_ => 1 } $words =~ /`([a-z0-9.-]+)`/g };
    }
}
is_deeply [sort keys %told], [sort keys %$served], 'the manual names every metric, and no other';
my $policies = { map { $_ => 1 } 'floor', map { "/$_->[0]" } @sections };
for my $name (sort keys %$served) {
    is_deeply [sort keys %{ $told{$name} }], [sort keys %{ $served->{$name} }], "$name: labels";
    for my $label (sort keys %{ $served->{$name} }) {
        my ($words, $values) = ($told{$name}{$label} || {}, $served->{$name}{$label});
        if ($label eq 'policy') {
            is_deeply [grep { !$policies->{$_} } keys %$values], [], "$name: policies that there are";
        }
        elsif (!grep { $label eq $_ } qw(server version requires)) {
            is_deeply [sort keys %$values], [sort keys %$words], "$name: the words of $label are all there";
        }
    }
}
is_deeply [sort keys %{ $served->{upgrade_required_policy_info}{requires} }],
    [sort 'HTTP/1.1', 'HTTP/2', 'TLS', 'TLS/1.2 PostQuantum HTTP/2', 'WebSocket',
    'none'], 'what policies require';
is_deeply [sort keys %{ $served->{upgrade_required_policy_info}{policy} }], [sort keys %$policies],
    'all of them are told';
like $form{prometheus},
    qr/^upgrade_required_policy_enforced_timestamp_seconds\{[^}]*policy="\/dated"\} 4070908800$/m,
    'a date, in seconds';

# A label that a rule or a panel asks for has to be there, and so has its value.
my %closed;
for my $of (values %told) {
    for my $label (keys %$of) { $closed{"$label=$_"} = 1 for keys %{ $of->{$label} } }
}
my %labels = map { $_ => 1 } qw(instance job alertname severity), map { keys %$_ } values %$served;

sub check_names {
    my ($what, $text) = @_;
    my @wrong;
    my $count = 0;
    while ($text =~ /(?<![\w:])(upgrade_required_\w+)(?:\{([^}]*)\})?/g) {
        my ($name, $selectors) = ($1, $2 // '');
        $count++;
        push @wrong, $name unless $served->{$name};
        while ($selectors =~ /(\w+)([=!~]+)\\*"([^"\\]*)\\*"/g) {
            my ($label, $values) = ($1, $3);
            push @wrong, "$name: $label" unless $served->{$name}{$label} || $label eq 'instance';
            next if $values =~ /^\$/;
            push @wrong, map { "$name: $label=$_" } grep { !$closed{"$label=$_"} } split /\|/, $values;
        }
    }
    while ($text =~ /(?:\b(?:by|without|on|ignoring) ?\(([\w, ]*)\)|\$labels\.(\w+)|\{\{(\w+)\}\})/g) {
        push @wrong, grep { !$labels{$_} } split /, /, $1 // $2 // $3;
    }
    cmp_ok $count, '>', 0, "$what: asks for metrics";
    is_deeply \@wrong, [], "$what: which there are, with these labels and words";
    return;
}
my %alerts = map { $_ => 1 } $rules =~ /^ +- alert: (\w+)$/mg;
my $tested = text_of("$conf/upgrade_required.rules.test.yml");
is_deeply [grep { $tested !~ /\b$_\b/ } sort keys %alerts], [], 'each alert has a test';
is_deeply { map { $_ => 1 } map { /`(Upgrade\w+)`/g } $manual =~ /^\| alert \|.*\n\|---.*\n((?:\|.*\n)+)/m },
    \%alerts, 'the manual has a table of all alerts';

my @targets = map { @{ $_->{targets} } } @{ $dashboard->{panels} };
check_names('the rules', $rules);
check_names('the manual', join "\n", $manual =~ /(upgrade_required_\w+\{[^}]*\})/g);
check_names('variables of the dashboard', join "\n", map { $_->{query} } @{ $dashboard->{templating}{list} });
check_names("panel: $_->{expr}", "$_->{expr} $_->{legendFormat}") for @targets;

# Each panel gets data.
sub query {
    my ($path) = @_;
    my $socket = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port") or return { error => $! };
    print $socket "GET /api/v1/$path HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    return json_of(answer_from($socket));
}

sub values_of {
    my ($expression) = @_;
    $expression =~ s/\$__rate_interval/20s/g;
    $expression =~ s/\$__range/5m/g;
    $expression =~ s/"\$\w+"/".*"/g;
    $expression =~ s/([^\w])/sprintf '%%%02X', ord $1/ge;
    my $result = query("query?query=$expression")->{data}{result} // [];
    return grep { $_ ne 'NaN' } map { $_->{value}[1] } @$result;
}
my $panels = 0;
for my $target (@targets) {
    my $expression = $target->{expr};
    $panels += ok eventually(sub { visit(); return scalar values_of($expression) }), "data: $expression";
}
cmp_ok $panels, '>=', @{ $dashboard->{panels} }, 'each panel has data' or diag text_of("$folder/log");
is query('targets')->{data}{activeTargets}[0]{lastError}, '', 'Prometheus finds no fault with it';
is_deeply [values_of('upgrade_required_policy_phase{policy="/dated",phase="announce"}')], [1],
    'it knows the phase';
kill TERM => $pid;
waitpid $pid, 0;

my ($status, $output) = end($rule_tests);
is $status, 0, 'the rules do what their tests say' or diag $output;
($status, $output) = end($types);
SKIP: {
    skip_without('node-18', 1);
    is $status . $output, '0', 'the dashboard is one by the types of Grafana';
}
$server->stop;

done_testing;
