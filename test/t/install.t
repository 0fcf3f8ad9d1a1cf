# "make" as those call it who make packages: any folder, any user, sources that cannot be written to.
use strict;
use warnings;
use Test::More;
use File::Find;
use File::Temp ();
use FindBin;
use lib "$FindBin::Bin/lib";
use JSON::PP qw(decode_json);
use Server;

my $top = $ENV{UPGRADE_TEST_TOP} or die 'run this through build/test';

my $scratch = File::Temp->newdir('upgrade-install.XXXXXX', TMPDIR => 1);
chmod 0755, $scratch;
my $httpd   = $ENV{UPGRADE_TEST_HTTPD};
my @modules = qw(mod_upgrade_required.so mod_upgrade_wstunnel.so);

# Root writes wherever it likes: it is nobody who builds.
my @nobody = $> == 0 ? qw(setpriv --reuid 65534 --regid 65534 --clear-groups env HOME=/nonexistent) : ();

# Its status, and what it says.
sub run {
    my @command = @_;
    my $pid = open my $output, '-|';
    defined $pid or die "fork: $!";
    if (!$pid) {
        open STDERR, '>&', \*STDOUT;
        exec @command or die "$command[0]: $!";
    }
    my $text = do { local $/; <$output> } // '';
    close $output;
    return ($? >> 8, $text);
}

sub must { my ($status, $text) = run(@_); $status == 0 or die "@_: $text"; return }

# Nothing of the make that runs the tests is for this one.
sub make {
    my ($folder, @arguments) = @_;
    my @clean = qw(env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u CFLAGS -u CPPFLAGS -u LDFLAGS);
    return run(@nobody, @clean, 'make', '-C', $folder, '-f', 'apxs.mk', @arguments);
}

sub made {
    my ($what, @arguments) = @_;
    my ($status, $text) = make(@arguments);
    is $status, 0, $what or diag $text;
    return $text;
}

# The files below a folder, with what distinguishes one from another.
sub files {
    my ($folder) = @_;
    my %found;
    find({no_chdir => 1, wanted => sub {
        my ($mode, $size, $time) = (lstat)[2, 7, 9];
        $found{substr $_, 1 + length $folder} = sprintf '%o %d %d', $mode & 07777, $size, $time if -f _;
    }}, $folder);
    return \%found;
}

sub bytes {
    my ($path) = @_;
    open my $file, '<:raw', $path or return "$path: $!";
    local $/;
    return scalar <$file>;
}

sub installed {
    my ($folder, $what) = @_;
    my $files = files($folder);
    is_deeply [sort keys %$files], \@modules, "$what: both modules, and nothing else";
    is_deeply [grep { $files->{$_} !~ /^644 / } keys %$files], [], "$what: for everybody to read";
    return;
}

# Two copies of the sources, one of which nobody can change, and folders for what is built.
my ($first, $second) = ("$scratch/a first folder", "$scratch/second");
for my $folder ($first, $second) {
    mkdir $folder;
    must('cp', '-R', "$top/apxs.mk", "$top/mod_upgrade_required", $folder);
}
mkdir $_ for my ($out, $free, $libexec) = map { "$scratch/$_" } 'out', 'a free folder', 'custom prefix';
if (@nobody) { chown 65534, 65534, $second, $out, $free, $libexec }
else         { must('chmod', '-R', 'a-w', $first) }

# The optimizer is not what is tested, and takes most of the time.
my $url = 'https://docs.example.com/read;page?at=refused&as=html';
my @quick = ('CFLAGS=-O0 -g', "REFUSED_URL=$url", '-s', '-j8');
my $before = files($first);
made('built elsewhere by a user who cannot write to the sources', $first, @quick, "OUT=$out", 'module');
is_deeply files($first), $before, 'and the sources are as before';
made('built in its own folder', $second, @quick, 'module');
is bytes("$second/build/out/release/$_"), bytes("$out/$_"), "$_: the same bytes in both" for @modules;
like bytes("$out/$modules[0]"), qr/^\x7fELF.*ur_policy/s, 'and those of a module';

my $default = made('where apxs says', $first, '-s', 'print-LIBEXECDIR');
chomp $default;
like $default, qr{^/}, 'a folder';
my @placed = (@quick, "OUT=$out", "DESTDIR=$free");
made('install, DESTDIR with a space', $first, @placed, 'install');
installed("$free$default", 'DESTDIR');
is bytes("$free$default/$_"), bytes("$out/$_"), "$_ as it was built" for @modules;

my @custom = (@quick, "LIBEXECDIR=$libexec/modules");
made('install, another prefix with a space', $second, @custom, 'install');
installed("$libexec/modules", 'LIBEXECDIR');
open my $conf, '>', "$scratch/httpd.conf" or die "$scratch: $!";
my ($stock, $mpm) = @ENV{qw(UPGRADE_TEST_LIBEXEC UPGRADE_TEST_MPM)};
print $conf "ServerName localhost\nErrorLog $scratch/log\n",
    map { "LoadModule ${_}_module $stock/mod_$_.so\n" } grep { -e "$stock/mod_$_.so" }
    "mpm_$mpm", qw(unixd authz_core log_config proxy);
print $conf map { "LoadModule ${_}_module \"$libexec/modules/mod_$_.so\"\n" }
    qw(upgrade_required upgrade_wstunnel);
close $conf;
my ($status, $said) = run('sh', '-c', "$httpd -t -f '$scratch/httpd.conf'");
is $status, 0, 'httpd loads them from there' or diag $said;

open my $other, '>', "$libexec/modules/mod_other.so" or die "$libexec: $!";
close $other;
made('uninstall, another prefix', $second, @custom, 'uninstall');
is_deeply [keys %{files($libexec)}], ['modules/mod_other.so'], 'takes away what it has installed';
made('uninstall, DESTDIR', $first, @placed, 'uninstall');
is_deeply files($free), {}, 'and nothing is left';
made('uninstall where nothing is', $first, @placed, 'uninstall');

($status, $said) = make($first, 'OUT=a folder', 'module');
isnt $status, 0, 'OUT with a space is refused';
like $said, qr/OUT=a folder: make cannot build in a folder with a space/, 'with the reason';

# REFUSED_URL, where refused.md is published. What cannot be its URL is said at once.
for my $wrong ('docs.example.com/refused.html', "$url $url", 'ftp://docs.example.com/') {
    ($status, $said) = make($first, '-n', "OUT=$out", "REFUSED_URL=$wrong", 'module');
    isnt $status, 0, "REFUSED_URL=$wrong is refused";
    like $said, qr/\QREFUSED_URL=$wrong\E: not an http or https URL/, 'with the reason';
}
{
    local $ENV{UPGRADE_TEST_MODULE} = "$out/$modules[0]";
    my $server = Server->new->configure("UpgradeFloor HTTP/1.1\n<Location /guided>\n"
        . "UpgradeRequire HTTP/2\nUpgradeGuide /guide\n</Location>\n")->start;
    my %types = ('/' => "$url#http-version", '/guided' => 'about:blank');
    for my $path (sort keys %types) {
        my $answer = $server->ask("GET $path HTTP/" . ($path eq '/' ? '1.0' : '1.1'), 'Connection: close');
        is eval { decode_json($answer->{body})->{type} }, $types{$path}, "the type, $path"
            or diag explain $answer;
    }
    $server->stop;
}

# What distributions harden by.
my %flags = (CFLAGS => '-DOF_CFLAGS', CPPFLAGS => '-DOF_CPPFLAGS', LDFLAGS => '-Wl,-OF_LDFLAGS');
my @given = map { "$_=$flags{$_}" } keys %flags;
my $commands = made('the commands', $first, '-n', "OUT=$scratch/none", @given, 'module');
my %lines = (compile => [grep { / -c \S+\.c / } split /\n/, $commands],
    link => [grep { / -shared / } split /\n/, $commands]);
for my $case ([compile => qw(CFLAGS CPPFLAGS)], [link => qw(CFLAGS LDFLAGS)]) {
    my ($what, @wanted) = @$case;
    cmp_ok @{$lines{$what}}, '>', 1, "$what: commands";
    for my $name (@wanted) {
        is_deeply [grep { !/ \Q$flags{$name}\E / } @{$lines{$what}}], [], "$what: all have $name";
    }
}

# The tarball of a release.
sub dist {
    my ($from, $to, $umask) = @_;
    my $script = 'umask "$1" && cd / && TZ=Asia/Tokyo "$2/build/dist" "$3"';
    my ($failed, $text) = run('sh', '-c', $script, 'sh', $umask, $from, $to);
    is $failed, 0, "dist, umask $umask" or diag $text;
    my ($sum, $name) = $text =~ /^([0-9a-f]{64})  (mod_upgrade_required-[\d.]+\.tar\.gz)$/;
    ok $name, 'a checksum and a name' or diag $text;
    is_deeply [sort keys %{files($to)}], [$name, "$name.sha256"], 'the tarball and its checksum';
    is +(run('sh', '-c', 'cd "$1" && sha256sum -c --quiet *.sha256', 'sh', $to))[0], 0, 'which is right';
    return ($sum, "$to/$name");
}

my ($sum, $tarball) = dist($top, "$scratch/dist", '022');
must('tar', '-C', "$scratch", '-xzf', $tarball);
(my $unpacked = $tarball) =~ s{.*/(.*)\.tar\.gz$}{$scratch/$1};
ok -x "$unpacked/build/test" && -f "$unpacked/debian/control", 'all of the tree is in it';
must('chmod', '-R', 'go-rwx', $unpacked);
is +(dist($unpacked, "$scratch/again", '077'))[0], $sum, 'a tarball made of what is in it has the same bytes';

done_testing;
