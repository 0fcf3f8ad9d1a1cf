# A script of build/ is interrupted in the middle of its work, and has to leave nothing behind: no file of the
# machine, no folder, no process.
package Interrupt;
use strict;
use warnings;
use Exporter 'import';
use File::Glob qw(bsd_glob);
use File::Temp ();
use POSIX ();
use Test::More;
use Wait;

our @EXPORT = qw(leaves_nothing);

sub content_of {
    my ($path) = @_;
    open my $file, '<', $path or return '';
    local $/;
    return <$file> // '';
}

# The processes that have it in their environment, as all have that it started.
sub processes_of {
    my ($folder) = @_;
    my @all = map { m{(\d+)$} } bsd_glob('/proc/[0-9]*');
    return grep { index(content_of("/proc/$_/environ"), $folder) >= 0 } @all;
}

sub start {
    my ($script, $folder, @environment) = @_;
    my $pid = fork // die $!;
    return $pid if $pid;
    POSIX::setpgid(0, 0);
    # A shell cannot trap what it was started without.
    $SIG{$_} = 'DEFAULT' for qw(INT TERM HUP);
    open STDIN,  '<', '/dev/null';
    open STDOUT, '>', "$folder/output";
    open STDERR, '>&', \*STDOUT;
    # Its servers listen where those of this run do not.
    my @own = ("PATH=$ENV{PATH}", "HOME=$folder", "TMPDIR=$folder/left", 'UPGRADE_TEST_PORTS=14000 19999');
    push @own, map { defined $ENV{$_} ? "$_=$ENV{$_}" : () } qw(HTTPD APXS CC);
    exec 'env', '-i', @own, @environment, 'sh', '-c', "exec build/$script" or POSIX::_exit(1);
}

# By each signal. $script is what is called; $middle is what is there, below its folder, when it is in the
# middle of its work; $prepare, if there is one, takes the folder and returns what else is in the environment.
sub leaves_nothing {
    my ($script, $middle, $prepare) = @_;
    for my $signal (qw(INT TERM HUP)) {
        my $folder = File::Temp->newdir('/tmp/upgrade-left.XXXXXX');
        chmod 0755, $folder;
        mkdir "$folder/left";
        chmod 01777, "$folder/left";
        my $pid = start($script, $folder, $prepare ? $prepare->($folder) : ());
        my $there = eventually(sub { grep({ -e } bsd_glob("$folder/$middle"))
            || waitpid($pid, POSIX::WNOHANG()) > 0 && -1 });
        ok $there && $there ne '-1', "$script: at work" or diag content_of("$folder/output");
        ok -e "$folder/left/policy-rc.d", 'no service is started meanwhile' if $script eq 'setup';
        kill $signal, -$pid;
        waitpid $pid, 0;
        isnt $?, 0, "$script, $signal: it did not come to its end" unless $script =~ /serve/;
        is_deeply [bsd_glob("$folder/left/*")], [], "$script, $signal: nothing is left"
            or diag content_of("$folder/output");
        ok eventually(sub { !processes_of("$folder/left") }), "$script, $signal: and nobody"
          or kill KILL => processes_of("$folder/left");
    }
    return;
}

1;
